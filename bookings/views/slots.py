"""Free starts, and why a start is free or not."""

from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import BACK_OFFICE, CLIENT, SIGNED_IN
from bookings import availability
from bookings.availability import Want
from bookings.exceptions import EndsBeforeStart, RangeTooLong, UnknownBooking
from bookings.filters import DAY, first_instant, read_bound
from bookings.models import MINUTES_PER_DAY, Booking, Provider
from bookings.serializers.fields import read_moment
from bookings.serializers.provider import ExplanationRead, SlotsRead
from bookings.services.booking import offered, own_length, wanted, wanted_anew
from bookings.services.diary import read_diary
from bookings.services.moments import instant
from bookings.services.seats import explain_start, rules_for
from careops.core import clock
from careops.core.filters import refuse_unknown
from careops.core.problems import NotFound

MOST = timedelta(days=31)
USUAL = timedelta(days=7)
NAMES = ("from", "to", "service", "duration", "for", "besides", "explain")
AUDIENCES = ("client", "me")
LARGEST_ID = 2**63 - 1
PARAMETERS = [
    OpenApiParameter("from", str, description="A date or a date and time; now when absent."),
    OpenApiParameter("to", str, description="A date, which is included, or a time, which is not."),
    OpenApiParameter("service", OpenApiTypes.INT, description="The id of a service: its length and buffers."),
    OpenApiParameter(
        "duration",
        OpenApiTypes.INT,
        description="Minutes; else the service's, else 30. A client's own is not taken.",
    ),
    OpenApiParameter(
        "for", str, enum=AUDIENCES, description="A client, or me: notice and horizon bind clients alone."
    ),
    OpenApiParameter(
        "besides",
        OpenApiTypes.INT,
        description="The id of a booking to be moved: its own seat counts as free.",
    ),
    OpenApiParameter("explain", str, description="A time: says of each rule whether it allows that start."),
]
ANSWER = PolymorphicProxySerializer("SlotsOrExplanation", [SlotsRead, ExplanationRead], None)


class SlotsView(APIView):
    allow: ClassVar = {"get": SIGNED_IN}

    @extend_schema(parameters=PARAMETERS, responses={200: ANSWER})
    def get(self, request: Request, provider_id: str) -> Response:
        """What a client may book: opening hours minus closures minus live bookings, with notice and horizon."""
        refuse_unknown(request, NAMES)
        provider = Provider.objects.visible_to(request.user).filter(pk=provider_id).first()
        if provider is None:
            raise NotFound
        moved = _moved(request, provider)
        service_id, want = _wanted(request, provider, moved)
        if "explain" in request.query_params:
            return Response(_explanation(request, provider, want, moved))
        return Response(
            {
                "provider_id": provider.pk,
                "service_id": service_id,
                "time_zone": provider.time_zone,
                "slots": [_slot(want, start) for start in _free(request, provider, want, moved)],
            }
        )


def _moved(request: Request, provider: Provider) -> Booking | None:
    """The booking that is to be moved, when the request names one. Raises UnknownBooking."""
    booking_id = _number(request, "besides", most=LARGEST_ID)
    if booking_id is None:
        return None
    found = Booking.objects.visible_to(request.user).filter(provider=provider, pk=booking_id).first()
    if found is None:
        raise UnknownBooking
    return found


def _wanted(request: Request, provider: Provider, moved: Booking | None) -> tuple[int | None, Want]:
    """The id of the service that is asked for, and what it takes. Raises UnknownService, ServiceInactive."""
    service_id = _number(request, "service", most=LARGEST_ID)
    minutes = own_length(_number(request, "duration", most=MINUTES_PER_DAY), request.user)
    if moved is None:
        return service_id, wanted(offered(provider, service_id), minutes)
    service = offered(provider, service_id) if service_id != moved.service_id else None
    return service_id or moved.service_id, wanted_anew(moved, service, minutes)


def _slot(want: Want, start: datetime) -> dict[str, datetime]:
    return {"starts_at": start, "ends_at": want.span(start).end}


def _free(request: Request, provider: Provider, want: Want, moved: Booking | None) -> list[datetime]:
    audience = request.query_params.get("for", "client")
    if audience not in AUDIENCES:
        raise ValidationError({"for": f"This is none of {', '.join(AUDIENCES)}."})
    start, end = _window(request, provider)
    if not provider.is_active:
        return []
    rules, busy = read_diary(provider, want.busy_span(start).start, want.busy_span(end).end, besides=moved)
    caller: Any = request.user
    rules = rules_for(CLIENT if audience == "client" else caller.role, rules)
    return availability.slots(rules, want, busy, start=start, end=end, now=clock.now())


def _explanation(request: Request, provider: Provider, want: Want, moved: Booking | None) -> dict[str, Any]:
    moment = read_moment(request.query_params["explain"].strip())
    if moment is None:
        raise ValidationError({"explain": "This is not a date and time."})
    at = instant(moment, provider.time_zone, field="explain")
    caller: Any = request.user
    role = caller.role
    verdicts = explain_start(provider=provider, want=want, at=at, role=role, besides=moved)
    code = availability.refused(verdicts)
    rules = [{name: value for name, value in asdict(each).items() if name != "refs"} for each in verdicts]
    answer: dict[str, Any] = {"at": at, "bookable": code is None, "code": code}
    if role in BACK_OFFICE:
        for rule, verdict in zip(rules, verdicts, strict=True):
            rule["objects"] = list(verdict.refs)
        clients = explain_start(provider=provider, want=want, at=at, role=CLIENT, besides=moved)
        answer["client_code"] = availability.refused(clients)
    return {**answer, "rules": rules}


def _window(request: Request, provider: Provider) -> tuple[datetime, datetime]:
    """The instants asked about. Raises ValidationError, NotOneInstant, EndsBeforeStart, RangeTooLong."""
    start = _instant(request, "from", provider) or clock.now()
    end = _instant(request, "to", provider, whole_day=True) or start + USUAL
    if end <= start:
        raise EndsBeforeStart(field="to")
    # A day more than 31 whole days of 24 hours covers the hour that a clock change adds.
    if end - start > MOST + timedelta(hours=1):
        raise RangeTooLong
    return start, end


def _instant(request: Request, name: str, provider: Provider, *, whole_day: bool = False) -> datetime | None:
    text = request.query_params.get(name, "").strip()
    if not text:
        return None
    bound: date | None = read_bound(text)
    if bound is None:
        raise ValidationError({name: "This is neither a date nor a date and time."})
    if isinstance(bound, datetime):
        return instant(bound, provider.time_zone, field=name)
    return first_instant(bound + DAY if whole_day else bound, provider.time_zone)


def _number(request: Request, name: str, *, most: int) -> int | None:
    text = request.query_params.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and 1 <= int(text) <= most):
        raise ValidationError({name: f"This is not a whole number from 1 to {most}."})
    return int(text)
