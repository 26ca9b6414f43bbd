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
from bookings.exceptions import EmailUnconfirmed, StatusAndTime, TransitionNotAllowed
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
)
from bookings.services.seats import lock_booking, lock_provider
from careops.core import idempotency
from careops.core.pagination import CursorPages
from careops.core.prepared import Prepared
from careops.core.views import BusyViewSet
from messaging.models import Message

VERBS: dict[str, Callable[..., Booking]] = {
    BookingStatus.CONFIRMED: services.confirm,
    BookingStatus.COMPLETED: services.complete,
    BookingStatus.NO_SHOW: services.mark_no_show,
    BookingStatus.CANCELLED: services.cancel,
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
        send_reminder=BACK_OFFICE,
        send_form_reminder=BACK_OFFICE,
    )
    read = BookingRead
    write: ClassVar = {
        "create": BookingWrite,
        "partial_update": BookingChange,
        "cancel": CancelWrite,
        "reopen": ReopenWrite,
    }
    filterset_class = BookingFilters
    search_fields = BOOKING_TEXTS
    pagination_class = CursorPages
    prepared = Prepared()
    order: ClassVar = ("-scheduled_at", "-pk")
    ordering_fields: ClassVar = {
        "scheduled_at": "scheduled_at",
        "id": "pk",
        "status": "status",
        "service_type": "service_type",
        "duration_minutes": "duration_minutes",
        "provider_id": "provider_id",
        "provider_name": "provider__name",
        "client_name": "contact__name",
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
        """As the verbs lock: the provider first."""
        booking = self.find(pk)
        lock_provider(booking.provider_id)
        return lock_booking(booking.pk)

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
        """Rewrite the notes, and either reschedule or move the status."""
        with transaction.atomic(), self.changing(pk) as booking:
            self._change(booking, self.parse())
        return self.changed(pk)

    def _change(self, booking: Booking, data: dict[str, Any]) -> None:
        actor, status = self.request.user, data.get("status")
        moved = {"at": data.get("scheduled_at"), **_times(data)}
        if any(value is not None for value in moved.values()):
            if status is not None:
                raise StatusAndTime
            services.reschedule(booking=booking, actor=actor, override=_override(data), **moved)
        elif status in VERBS:
            VERBS[status](booking=booking, actor=actor)
        elif status is not None:
            raise TransitionNotAllowed(booking.status, status)
        if "notes" in data:
            services.rewrite_notes(booking=booking, actor=actor, notes=data["notes"])

    def destroy(self, request: Request, pk: str) -> HttpResponseBase:
        """Delete for good; an event remains."""
        with self.changing(pk) as booking:
            services.erase(booking=booking, actor=request.user)
        return Response(status=204)

    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> HttpResponseBase:
        """Cancel; repeating it is the same as once."""
        reason = self.parse().get("reason") or ""
        services.cancel(booking=self.find(pk), actor=request.user, reason=reason)
        return self.changed(pk)

    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> HttpResponseBase:
        """Confirm again what was over or cancelled, on a free seat."""
        services.reopen(booking=self.find(pk), actor=request.user, reason=self.parse()["reason"])
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
    if (contact_id := data.get("contact_id")) is not None:
        return int(contact_id)
    given = {part: data.get(f"client_{part}") or "" for part in ("name", "email", "phone")}
    return services.Client(**given) if any(given.values()) else None


def _times(data: dict[str, Any]) -> dict[str, Any]:
    return {name: data.get(name) for name in TIMES}


def _override(data: dict[str, Any]) -> services.Override | None:
    return services.Override(reason=data.get("override_reason", "")) if data.get("override") else None
