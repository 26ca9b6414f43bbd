"""The board's page, and what it asks for every few seconds."""

from datetime import date, timedelta
from hashlib import blake2b
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import parse_etags
from django.views.generic import TemplateView
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import BACK_OFFICE
from bookings.board.feed import feed
from bookings.exceptions import EndsBeforeStart
from bookings.models import Booking, Provider
from careops import __version__
from careops.core import clock
from careops.core.admin.changes import RecentChanges
from careops.core.clock import YEARS
from careops.core.filters import refuse_unknown
from careops.core.models import Event
from careops.core.problems import Invalid, NotFound

MOST = timedelta(days=7)
RECENT = 100
NAMES = ("from", "to", "provider")


class TooManyDays(Invalid):
    code, field, detail = "range_too_long", "to", "The board shows 7 days at most."


class BoardPage(TemplateView):
    """An empty calendar; its script fills it from the feed."""

    template_name = "board/board.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        if not user.has_perm("bookings.view_booking"):
            raise PermissionDenied
        active = Provider.objects.visible_to(user).filter(is_active=True)
        return {
            **admin.site.each_context(self.request),
            "title": "Board",
            "providers": active.order_by("name_key", "pk").values("pk", "name", "time_zone"),
            "today": timezone.localdate(),
        }


class FeedView(APIView):
    """Asked by every open board, so it is not counted against the limit of requests."""

    allow: ClassVar = {"get": BACK_OFFICE}
    throttle_classes = ()

    def get(self, request: Request) -> HttpResponseBase:
        """The days of the address; 304 while nothing has happened and the minute is the same."""
        refuse_unknown(request, NAMES)
        first, last = _day(request, "from"), _day(request, "to")
        if last < first:
            raise EndsBeforeStart(field="to")
        if last - first >= MOST:
            raise TooManyDays
        headers = {"ETag": _tag(request), "Cache-Control": "private, no-cache"}
        if headers["ETag"] in parse_etags(request.headers.get("If-None-Match", "")):
            return HttpResponse(status=304, headers=headers)
        provider_id = _provider_id(request)
        return Response(
            feed(user=request.user, first=first, last=last, provider_id=provider_id), headers=headers
        )


class ChangedBy(APIView):
    """Who changed a booking last, as a dialog says it that was open meanwhile."""

    allow: ClassVar = {"get": BACK_OFFICE}

    def get(self, request: Request, pk: str) -> Response:
        """``who``, such as `Ada Berg on 3 Jun 2030, 10:30`, of the last change to one of ``fields``."""
        refuse_unknown(request, ("fields",))
        booking = Booking.objects.visible_to(request.user).filter(pk=pk).first()
        if booking is None:
            raise NotFound
        names = {name for name in request.query_params.get("fields", "").split(",") if name}
        return Response({"who": RecentChanges(booking, request.user, None).by(names)})


def _tag(request: Request) -> str:
    """Changes with every event, with the minute, with the person and with the release.

    The newest id alone would not do: of two transactions the later id may become visible first.
    """
    recent = tuple(Event.objects.order_by("-pk").values_list("pk", flat=True)[:RECENT])
    minute = clock.now().replace(second=0, microsecond=0)
    seen = (recent, minute, request.user.pk, request.get_full_path(), __version__)
    return f'"{blake2b(repr(seen).encode(), digest_size=12).hexdigest()}"'


def _day(request: Request, name: str) -> date:
    try:
        day = date.fromisoformat(request.query_params.get(name, "").strip())
    except ValueError:
        raise ValidationError({name: "This is not a date such as 2027-03-01."}) from None
    if day.year not in YEARS:
        raise ValidationError({name: f"This is not within the years {YEARS[0]} to {YEARS[-1]}."})
    return day


def _provider_id(request: Request) -> int | None:
    text = request.query_params.get("provider", "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise ValidationError({"provider": "This is not a whole number."})
    return int(text)
