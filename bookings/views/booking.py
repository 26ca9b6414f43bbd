"""Bookings over the API."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import ADMIN, BACK_OFFICE, CLIENT, SIGNED_IN, allowed
from bookings import services
from bookings.enums import BookingStatus
from bookings.exceptions import ContactOrClient, EmailUnconfirmed, TransitionNotAllowed
from bookings.filters import BookingFilters
from bookings.models import Booking
from bookings.querysets import BOOKING_TEXTS
from bookings.serializers.booking import (
    BookingChange,
    BookingRead,
    BookingWrite,
    CancelWrite,
    PlannedRead,
    ReopenWrite,
    UndoWrite,
)
from bookings.services.booking import locked_with_providers
from careops.core import idempotency
from careops.core.pagination import CursorPages
from careops.core.prepared import Prepared
from careops.core.problems import NotFound
from careops.core.views import BusyViewSet
from messaging.models import Message

VERBS: dict[str, Callable[..., Booking]] = {
    BookingStatus.CONFIRMED: services.confirm,
    BookingStatus.COMPLETED: services.complete,
    BookingStatus.NO_SHOW: services.mark_no_show,
}
TIMES = ("duration_minutes", "service_id")


class BookingViewSet(BusyViewSet):
    allow = allowed(
        "bookings.booking",
        list=SIGNED_IN,
        retrieve=SIGNED_IN,
        create=SIGNED_IN,
        partial_update=SIGNED_IN,
        destroy={ADMIN},
        cancel=SIGNED_IN,
        reopen={ADMIN},
        undo=BACK_OFFICE,
        send_reminder=BACK_OFFICE,
        send_form_reminder=BACK_OFFICE,
    )
    read = BookingRead
    write: ClassVar = {
        "create": BookingWrite,
        "partial_update": BookingChange,
        "cancel": CancelWrite,
        "reopen": ReopenWrite,
        "undo": UndoWrite,
    }
    filterset_class = BookingFilters
    search_fields = BOOKING_TEXTS
    pagination_class = CursorPages
    counts_repeated = frozenset({"duration_minutes", "override_reason"})
    prepared = Prepared()
    order: ClassVar = ("-scheduled_at", "-pk")
    ordering_fields: ClassVar = {
        "scheduled_at": "scheduled_at",
        "id": "pk",
        "status": "status",
        "service_type": "service_type_key",
        "duration_minutes": "duration_minutes",
        "provider_id": "provider_id",
        "provider_name": "provider__name_key",
        "client_name": "contact__name_key",
        "created_at": "created_at",
        "updated_at": "updated_at",
    }

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        caller: Any = request.user
        if caller.role == CLIENT and caller.email_confirmed_at is None:
            raise EmailUnconfirmed

    def visible(self, user: Any) -> QuerySet[Booking]:
        return Booking.objects.visible_to(user)

    def lock(self, pk: int | str) -> Booking:
        """As the verbs lock: the providers first."""
        booking: Booking = self.find(pk)
        if self.action == "undo":
            return services.lock_to_undo(booking)[0]
        wanted = self.parse(present=booking) if self.action == "partial_update" else {}
        return locked_with_providers(booking, wanted.get("provider_id"))[0]

    def create(self, request: Request) -> HttpResponseBase:
        """Book. Clients book for themselves; the front desk names a contact or describes a client."""
        return self.created(self._book)

    def _book(self) -> Booking:
        data = self.parse()
        return services.book(
            provider_id=data["provider_id"],
            who=_who(data),
            at=data["scheduled_at"],
            actor=self.request.user,
            service_type=data.get("service_type") or "",
            notes=data.get("notes") or "",
            override=_override(data),
            **_times(data),
        )

    def partial_update(self, request: Request, pk: str) -> HttpResponseBase:
        """Change the time, the provider, the client, the texts and the status: all that is given, or nothing."""
        with transaction.atomic(), self.changing(pk) as booking:
            self._change(booking, self.parse(present=booking))
        return self.changed(pk)

    def _change(self, booking: Booking, data: dict[str, Any]) -> None:
        actor, status = self.request.user, data.get("status")
        moved = {"at": data.get("scheduled_at"), "provider_id": data.get("provider_id"), **_times(data)}
        # A booking is locked under its provider's lock, so the move comes first.
        if any(value is not None for value in moved.values()):
            services.reschedule(
                booking=booking, actor=actor, override=_override(data), quiet=self._quiet(data), **moved
            )
        if (who := _other_client(booking, data)) is not None:
            services.change_client(booking=booking, who=who, actor=actor, quiet=self._quiet(data))
        if "service_type" in data:
            services.rename_service(booking=booking, actor=actor, service_type=data["service_type"])
        if "notes" in data:
            services.rewrite_notes(booking=booking, actor=actor, notes=data["notes"])
        if status == BookingStatus.CANCELLED:
            services.cancel(booking=booking, actor=actor, quiet=self._quiet(data))
        elif status in VERBS:
            VERBS[status](booking=booking, actor=actor)
        elif status is not None:
            raise TransitionNotAllowed(booking.status, status)

    def changed(self, pk: int | str) -> Response:
        """As everywhere. Who cancelled a booking, and may not see it any more, is told once that it is so."""
        try:
            return super().changed(pk)
        except NotFound:
            row = self.rows().one(Booking.objects.filter(pk=pk))
            if row is None:
                raise
            return self._answer(row, status=200)

    def _quiet(self, data: dict[str, Any]) -> bool:
        caller: Any = self.request.user
        return bool(data.get("quiet")) and caller.role != CLIENT

    def destroy(self, request: Request, pk: str) -> HttpResponseBase:
        """Delete for good; an event remains."""
        with self.changing(pk) as booking:
            services.erase(booking=booking, actor=request.user)
        return Response(status=204)

    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> HttpResponseBase:
        """Cancel; repeating it is the same as once."""
        data = self.parse()
        reason = data.get("reason") or ""
        services.cancel(booking=self.find(pk), actor=request.user, reason=reason, quiet=self._quiet(data))
        return self.changed(pk)

    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> HttpResponseBase:
        """Confirm again what was over or cancelled, on a free seat."""
        services.reopen(booking=self.find(pk), actor=request.user, reason=self.parse()["reason"])
        return self.changed(pk)

    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> HttpResponseBase:
        """Take back the last change of status or time, if it was made today at the provider."""
        quiet = self._quiet(self.parse())
        with self.changing(pk) as booking:
            services.undo(booking=booking, actor=request.user, quiet=quiet)
        return self.changed(pk)

    @extend_schema(request=None, responses={201: PlannedRead})
    @action(detail=True, methods=["post"], url_path="send-reminder")
    def send_reminder(self, request: Request, pk: str) -> HttpResponseBase:
        """Plan a reminder now; two presses within a minute plan one."""
        return self._planned(lambda: services.remind(booking=self.find(pk), actor=request.user))

    @extend_schema(request=None, responses={201: PlannedRead})
    @action(detail=True, methods=["post"], url_path="send-form-reminder")
    def send_form_reminder(self, request: Request, pk: str) -> HttpResponseBase:
        """Plan a reminder of the form now; two presses within a minute plan one."""
        return self._planned(lambda: services.remind_of_form(booking=self.find(pk), actor=request.user))

    def _planned(self, plan: Callable[[], Message]) -> HttpResponseBase:
        outcome = idempotency.once(self.request, plan)
        return outcome.refusal() or Response({"message_id": outcome.object_id}, status=201)


def _who(data: dict[str, Any]) -> int | services.Client | None:
    """Whom a new booking is for; None for the client who asks. Raises ContactOrClient."""
    given = {part: data.get(f"client_{part}") or "" for part in ("name", "email", "phone")}
    if (contact_id := data.get("contact_id")) is None:
        return services.Client(**given) if any(given.values()) else None
    if any(given.values()):
        raise ContactOrClient
    return int(contact_id)


def _other_client(booking: Booking, data: dict[str, Any]) -> int | services.Client | None:
    """Whom the change is for, where it says so. What is not given of a description is the present client's.

    Another name with an address of its own takes none of the present client's. Raises ContactOrClient.
    """
    given = {part: data[f"client_{part}"] for part in ("name", "email", "phone") if f"client_{part}" in data}
    if "contact_id" in data:
        if given:
            raise ContactOrClient
        return int(data["contact_id"])
    if not given:
        return None
    contact = booking.contact
    kept = {"name": contact.name}
    if "name" not in given or given.keys() == {"name"}:
        kept |= {"email": contact.email, "phone": contact.phone}
    return services.Client(**{**kept, **given})


def _times(data: dict[str, Any]) -> dict[str, Any]:
    return {name: data.get(name) for name in TIMES}


def _override(data: dict[str, Any]) -> services.Override | None:
    return services.Override(reason=data.get("override_reason", "")) if data.get("override") else None
