"""Taking back the last change of a booking, on the day on which it was made."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.module_loading import import_string

from bookings.availability import Span
from bookings.enums import LIVE
from bookings.exceptions import CannotUndo
from bookings.models import Booking, Provider, Service
from bookings.services.booking import facts, locked_with_providers, refuse_erased, unsaid
from bookings.services.seats import seat_again, seat_rule
from careops.core import clock
from careops.core.events import emit
from careops.core.folded import with_folded
from careops.core.models import Event
from careops.core.problems import Busy

# Bookings with their last changes.
Changes = Sequence[tuple[Booking, Event]]
# Says by the id of a booking why its change cannot be taken back.
Guard = Callable[[Changes], Mapping[int, str]]
MOVED = "booking.rescheduled"
UNDOABLE = ("booking.confirmed", "booking.completed", "booking.no_show", "booking.cancelled", MOVED)
# These do not change what an undo restores.
IGNORED = ("booking.updated", "booking.reminded", "booking.stock_missing")
INSTANTS = ("scheduled_at", "ends_at", "busy_from", "busy_until")
NOTHING = "The last change of this booking cannot be taken back. Change the booking by hand."
EARLIER = "The last change was made before today, by the clock at the provider. Change the booking by hand."
TEXT_REPLACED = "The move has replaced the text of the service. Move the booking back by hand."
SERVICE_DELETED = "The service that was booked before is deleted. Move the booking back by hand."


@seat_rule()
@transaction.atomic
def undo(*, booking: Booking, actor: Any, quiet: bool = False) -> Booking:
    """Take back the last change of status or time, by any person, if it was made today.

    Today is the day by the provider's clock. The booking is put on a free seat where it stood; opening hours are not
    asked again. The client is told where the change had been told, unless ``quiet``. Raises CannotUndo, SlotTaken,
    ContactErased, Busy when another change came in between.
    """
    booking, provider = lock_to_undo(booking)
    last = last_change(booking)
    if provider.pk != (_provider_before(last) or booking.provider_id):
        raise Busy
    if last is None:
        raise CannotUndo(NOTHING)
    if refusal := _refusals([(booking, last)]).get(booking.pk):
        raise CannotUndo(refusal)
    refuse_erased(booking)
    before, left = booking.status, booking.provider_id
    changes = (
        _moved_back(provider, booking, last)
        if last.name == MOVED
        else _status_before(provider, booking, last)
    )
    changes["updated_at"] = clock.now()
    for field, value in changes.items():
        setattr(booking, field, value)
    booking.save(update_fields=with_folded(Booking, changes))
    emit(
        "booking.undone",
        subject=booking,
        actor=actor,
        **facts(booking),
        before=before,
        undone=last.name,
        undone_event_id=last.pk,
        **({"before_provider_id": left} if left != booking.provider_id else {}),
        **unsaid(quiet),
    )
    return booking


def lock_to_undo(booking: Booking) -> tuple[Booking, Provider]:
    """Lock what an undo locks: both providers in the order of their ids, then the booking. Raises Busy."""
    return locked_with_providers(booking, _provider_before(last_change(booking)))


def last_change(booking: Booking) -> Event | None:
    """The newest event of the booking that an undo must look at; None for a booking without any."""
    history = Event.objects.filter(subject_type=booking._meta.label_lower, subject_id=booking.pk)
    return history.exclude(name__in=IGNORED).order_by("-pk").first()


def undoable(bookings: QuerySet[Booking]) -> set[int]:
    """The ids of those for which ``can_undo`` is true, in a number of statements that does not grow with them."""
    label = Booking._meta.label_lower
    history = Event.objects.filter(subject_type=label, subject_id__in=bookings.order_by().values("pk"))
    newest = history.exclude(name__in=IGNORED).values("subject_id").annotate(newest=Max("pk"))
    found = Event.objects.filter(pk__in=newest.values("newest"), name__in=UNDOABLE)
    events = {event.subject_id: event for event in found}
    if not events:
        return set()
    rows = Booking.objects.filter(pk__in=events).select_related("provider", "contact")
    return _allowed([(booking, events[booking.pk]) for booking in rows])


def can_undo(booking: Booking) -> bool:
    """Whether an undo is offered; whether a seat is free is only asked when it is done."""
    last = last_change(booking)
    return last is not None and booking.pk in _allowed([(booking, last)])


def _allowed(changes: Changes) -> set[int]:
    known = [(booking, last) for booking, last in changes if booking.contact.erased_at is None]
    return {booking.pk for booking, _ in known} - _refusals(known).keys()


def _provider_before(last: Event | None) -> int | None:
    """The provider to which an undo moves the booking; None where the provider stays."""
    stood = last.data.get("stood") if last is not None and last.name == MOVED else None
    return stood["provider_id"] if stood else None


def _refusals(changes: Changes) -> dict[int, str]:
    """Why a change stays, by the id of its booking; nothing for one that can be taken back."""
    refused: dict[int, str] = {}
    guards: list[Guard] = [_too_late, _cannot_move_back]
    for guard in (*guards, *map(import_string, import_string(settings.UNDO_GUARDS))):
        left = [(booking, last) for booking, last in changes if booking.pk not in refused]
        refused |= guard(left) if left else {}
    return refused


def _too_late(changes: Changes) -> dict[int, str]:
    refused = {}
    for booking, last in changes:
        zone = ZoneInfo(booking.provider.time_zone)
        if last.name not in UNDOABLE:
            refused[booking.pk] = NOTHING
        elif last.at.astimezone(zone).date() != clock.now().astimezone(zone).date():
            refused[booking.pk] = EARLIER
    return refused


def _cannot_move_back(changes: Changes) -> dict[int, str]:
    refused, other_service = {}, {}
    for booking, last in changes:
        stood = last.data.get("stood")
        if last.name != MOVED or (stood and stood["service_id"] == booking.service_id):
            continue
        if stood is None:
            refused[booking.pk] = NOTHING
        elif stood["service_id"] is not None:
            other_service[booking.pk] = (stood["service_id"], stood["provider_id"])
        elif stood["has_words"]:
            refused[booking.pk] = TEXT_REPLACED
    if other_service:
        asked = {service_id for service_id, _ in other_service.values()}
        offered = set(Service.objects.filter(pk__in=asked).values_list("pk", "provider_id"))
        refused |= {pk: SERVICE_DELETED for pk, each in other_service.items() if each not in offered}
    return refused


def _status_before(provider: Provider, booking: Booking, last: Event) -> dict[str, Any]:
    changes = {"status": last.data["before"]}
    if last.name == "booking.cancelled":
        changes["cancel_reason"] = ""
    if booking.status not in LIVE:
        changes["seat"] = seat_again(provider=provider, booking=booking)
    return changes


def _moved_back(provider: Provider, booking: Booking, last: Event) -> dict[str, Any]:
    stood = last.data["stood"]
    changes: dict[str, Any] = {name: datetime.fromisoformat(stood[name]) for name in INSTANTS}
    held = Span(start=changes["busy_from"], end=changes["busy_until"])
    changes |= {
        "provider": provider,
        "duration_minutes": stood["duration_minutes"],
        "seat": seat_again(provider=provider, booking=booking, held=held),
        "version": booking.version + 1,
    }
    if stood["service_id"] != booking.service_id:
        service = Service.objects.filter(pk=stood["service_id"]).first()
        changes |= {"service": service, "service_type": service.name if service else ""}
    if not stood["overridden"]:
        changes["override_reason"] = ""
    return changes
