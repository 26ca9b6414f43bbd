"""Taking a seat: book and reschedule."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.enums import Role
from bookings.availability import Want, too_late
from bookings.exceptions import (
    FrontDeskOnly,
    NotYourProvider,
    OverrideNotAllowed,
    ReasonMissing,
    ServiceInactive,
    ServiceNotOffered,
    TooLate,
    TransitionNotAllowed,
    UnknownService,
)
from bookings.models import Booking, Provider, Service
from bookings.services.clients import Client, Introduced, contact_for, is_front_desk, refuse_too_many
from bookings.services.moments import instant, whole_minute
from bookings.services.seats import is_open, lock_booking, lock_provider, seat_for, seat_rule
from careops.core import clock, crash
from careops.core.events import emit
from careops.core.folded import with_folded
from careops.core.prepared import insert
from careops.core.problems import Busy
from messaging.exceptions import ContactErased

DEFAULT_MINUTES = 30


@dataclass(frozen=True, kw_only=True)
class Override:
    """Someone's word that opening hours and closures do not count this time; the reason is recorded."""

    reason: str


@seat_rule()
@transaction.atomic
def book(
    *,
    provider_id: int,
    who: int | Client | Introduced | None,
    at: datetime,
    actor: Any,
    duration_minutes: int | None = None,
    service_id: int | None = None,
    service_type: str = "",
    notes: str = "",
    override: Override | None = None,
    quiet: bool = False,
) -> Booking:
    """Book somebody in, and return the pending booking with its provider and contact.

    ``who`` is a contact's id, one who is introduced, a description of a client, or None for the client who asks.
    ``at`` without a zone is wall-clock time at the provider. The length is ``duration_minutes``, else the service's,
    else 30 minutes; a client has no length of their own, and at most CLIENT_OPEN_BOOKINGS open bookings. A
    professional books for their own providers; the front desk may also record what is past, of which no message
    tells, nor of one that is made ``quiet``. Raises UnknownProvider, UnknownService, NotYourProvider, NotOneInstant,
    NotAWholeMinute, OverrideNotAllowed, ReasonMissing, ServiceInactive, TooManyBookings, and what ``seat_for`` and
    ``contact_for`` raise.
    """
    provider = lock_provider(provider_id)
    if getattr(actor, "role", "") == Role.PROFESSIONAL and provider.user_id != actor.pk:
        raise NotYourProvider
    service = offered(provider, service_id)
    start = instant(whole_minute(at, by_person=actor is not None), provider.time_zone)
    want = wanted(service, own_length(duration_minutes, actor))
    seat = seat_for(
        provider=provider, want=want, at=start, actor=actor, override_hours=overrides(override, actor)
    )
    contact = contact_for(who, actor=actor, quiet=start < clock.now())
    refuse_too_many(contact, actor)
    booking = Booking(
        provider=provider,
        contact=contact,
        service=service,
        service_type=service_type or (service.name if service else ""),
        notes=notes,
        override_reason=override.reason if override else "",
        created_by=actor,
    )
    _place(booking, want=want, at=start, seat=seat)
    booking.created_at = booking.updated_at
    insert(booking)
    emit(
        "booking.created",
        subject=booking,
        actor=actor,
        **facts(booking),
        override=override is not None,
        **unsaid(quiet),
    )
    crash.point("booked")
    return booking


@seat_rule()
@transaction.atomic
def reschedule(
    *,
    booking: Booking,
    actor: Any,
    at: datetime | None = None,
    duration_minutes: int | None = None,
    service_id: int | None = None,
    provider_id: int | None = None,
    override: Override | None = None,
    quiet: bool = False,
) -> Booking:
    """Move the booking to another time, length, service or provider, and return it; what is not given stays.

    A new service brings its own length and buffers; a client gives no length. Only the front desk moves it to another provider, which must
    offer the service of ``service_id``, else one of the same name. A naive ``at`` is wall-clock time at the new
    provider. While the provider and the start stay, no rule about the start is asked, and hours only for the time
    that is added. Clients may move until the provider's deadline. Each change raises ``version``; present values
    change nothing. ``quiet``: no message tells of it. Raises TransitionNotAllowed for one that is over, TooLate,
    ContactErased, FrontDeskOnly, ServiceNotOffered, Busy, and what ``book`` raises.
    """
    booking, provider = locked_with_providers(booking, provider_id)
    if not is_open(booking):
        raise TransitionNotAllowed(booking.status, "rescheduled")
    refuse_late_client(booking, actor)
    refuse_erased(booking)
    elsewhere = provider.pk != booking.provider_id
    if elsewhere and not is_front_desk(actor):
        raise FrontDeskOnly(field="provider_id")
    service = _service_after(booking, provider, service_id)
    want = wanted_anew(booking, service, own_length(duration_minutes, actor))
    start = booking.scheduled_at
    if at is not None and instant(at, provider.time_zone) != start:
        start = instant(whole_minute(at, by_person=actor is not None), provider.time_zone)
    stays = service is None and start == booking.scheduled_at and want == _present(booking, None)
    if stays and not elsewhere:
        return booking
    seat = seat_for(
        provider=provider,
        want=want,
        at=start,
        actor=actor,
        override_hours=overrides(override, actor),
        besides=booking,
    )
    stood = place_of(booking)
    before: dict[str, Any] = {"before": booking.scheduled_at.isoformat()}
    if elsewhere:
        before["before_provider_id"] = booking.provider_id
        booking.provider = provider
    if service:
        booking.service, booking.service_type = service, service.name
    if override:
        booking.override_reason = override.reason
    booking.version += 1
    _place(booking, want=want, at=start, seat=seat)
    changed = [*PLACE, "provider", "service", "service_type", "override_reason", "version"]
    booking.save(update_fields=with_folded(Booking, changed))
    told = {**facts(booking), **before, "stood": stood, **unsaid(quiet)}
    emit("booking.rescheduled", subject=booking, actor=actor, **told)
    return booking


def facts(booking: Booking) -> dict[str, Any]:
    """What events tell of a booking: ids, states and times."""
    return {
        "provider_id": booking.provider_id,
        "service_id": booking.service_id,
        "status": booking.status,
        "scheduled_at": booking.scheduled_at.isoformat(),
        "ends_at": booking.ends_at.isoformat(),
        "version": booking.version,
        "past": booking.scheduled_at < booking.updated_at,
    }


def place_of(booking: Booking) -> dict[str, Any]:
    """Where the booking stands, as an undo needs it: ids, times and lengths, never a text."""
    return {
        "provider_id": booking.provider_id,
        "scheduled_at": booking.scheduled_at.isoformat(),
        "ends_at": booking.ends_at.isoformat(),
        "busy_from": booking.busy_from.isoformat(),
        "busy_until": booking.busy_until.isoformat(),
        "duration_minutes": booking.duration_minutes,
        "service_id": booking.service_id,
        "has_words": bool(booking.service_type),
        "overridden": bool(booking.override_reason),
    }


def locked_with_providers(booking: Booking, provider_id: int | None = None) -> tuple[Booking, Provider]:
    """Lock the booking under its provider's lock, and under the lock of the provider to which it moves.

    Returns the booking as it is now, and the provider that it then has. The providers are locked in the order of
    their ids. Raises UnknownProvider, UnknownBooking, and Busy when it has moved to a third provider meanwhile.
    """
    wanted = sorted({booking.provider_id, provider_id or booking.provider_id})
    providers = {pk: lock_provider(pk) for pk in wanted}
    found = lock_booking(booking.pk)
    if found.provider_id not in providers:
        raise Busy
    return found, providers[provider_id or found.provider_id]


def _service_after(booking: Booking, provider: Provider, service_id: int | None) -> Service | None:
    """The service that the move brings; None where the booking keeps what it has."""
    if provider.pk == booking.provider_id:
        return offered(provider, service_id) if service_id not in {None, booking.service_id} else None
    if service_id not in {None, booking.service_id} or booking.service is None:
        return offered(provider, service_id)
    name = booking.service.name.casefold()
    for service in provider.services.filter(is_active=True).order_by("pk"):
        if service.name.casefold() == name:
            return service
    raise ServiceNotOffered


def unsaid(quiet: bool) -> dict[str, Any]:
    """The event's mark of a change of which no message tells."""
    return {"quiet": True} if quiet else {}


def refuse_late_client(booking: Booking, actor: Any) -> None:
    """Raise TooLate when ``actor`` is a client and the provider's deadline for changes has passed."""
    notice = booking.provider.cancel_notice_minutes
    if getattr(actor, "role", "") == Role.CLIENT and too_late(
        starts_at=booking.scheduled_at, cancel_notice_minutes=notice, now=clock.now()
    ):
        raise TooLate


def refuse_erased(booking: Booking) -> None:
    """Raise ContactErased when nobody is known any more who could come."""
    if booking.contact.erased_at is not None:
        raise ContactErased


def offered(provider: Provider, service_id: int | None) -> Service | None:
    """The provider's service of that id. Raises UnknownService, ServiceInactive."""
    if service_id is None:
        return None
    service = Service.objects.filter(provider=provider, pk=service_id).first()
    if service is None:
        raise UnknownService
    if not service.is_active:
        raise ServiceInactive
    return service


def wanted(service: Service | None, duration_minutes: int | None) -> Want:
    """What a booking of this service and length takes."""
    if service is None:
        return Want(duration_minutes=duration_minutes or DEFAULT_MINUTES)
    return Want(
        duration_minutes=duration_minutes or service.duration_minutes,
        buffer_before=service.buffer_before_minutes,
        buffer_after=service.buffer_after_minutes,
    )


def own_length(duration_minutes: int | None, actor: Any) -> int | None:
    """The length that the actor may choose: a client none."""
    return None if getattr(actor, "role", "") == Role.CLIENT else duration_minutes


def wanted_anew(booking: Booking, service: Service | None, duration_minutes: int | None) -> Want:
    """What the booking would take with another service or length; its own buffers stay without another service."""
    return wanted(service, duration_minutes) if service else _present(booking, duration_minutes)


def overrides(override: Override | None, actor: Any) -> bool:
    """Whether opening hours are lifted, by the front desk or the system. Raises OverrideNotAllowed, ReasonMissing."""
    if override is None:
        return False
    if not is_front_desk(actor):
        raise OverrideNotAllowed
    if not override.reason.strip():
        raise ReasonMissing
    return True


PLACE = ("scheduled_at", "ends_at", "duration_minutes", "busy_from", "busy_until", "seat", "updated_at")


def _place(booking: Booking, *, want: Want, at: datetime, seat: int) -> None:
    held = want.busy_span(at)
    booking.scheduled_at, booking.ends_at = at, want.span(at).end
    booking.duration_minutes = want.duration_minutes
    booking.busy_from, booking.busy_until = held.start, held.end
    booking.seat, booking.updated_at = seat, clock.now()


def _present(booking: Booking, duration_minutes: int | None) -> Want:
    """What the booking takes now, or would with another length: its buffers stay as they were when it was made."""
    minute = timedelta(minutes=1)
    return Want(
        duration_minutes=duration_minutes or booking.duration_minutes,
        buffer_before=(booking.scheduled_at - booking.busy_from) // minute,
        buffer_after=(booking.busy_until - booking.ends_at) // minute,
    )
