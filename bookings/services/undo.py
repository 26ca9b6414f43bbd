"""Taking back the last change of a booking, on the day on which it was made."""

from collections.abc import Callable
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

# Says why a change cannot be taken back, or ''.
Guard = Callable[[Booking, Event], str]
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
    if last is None or (refusal := _refusal(booking, last)):
        raise CannotUndo(NOTHING if last is None else refusal)
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


def undoable_since(bookings: QuerySet[Booking]) -> dict[int, datetime]:
    """By the id of a booking: when its last change was made, where its kind can be taken back. One statement.

    The day and what was built on the change are not looked at; the refusal of the undo names them.
    """
    label = Booking._meta.label_lower
    history = Event.objects.filter(subject_type=label, subject_id__in=bookings.order_by().values("pk"))
    newest = history.exclude(name__in=IGNORED).values("subject_id").annotate(newest=Max("pk"))
    found = Event.objects.filter(pk__in=newest.values("newest"), name__in=UNDOABLE)
    return dict(found.values_list("subject_id", "at"))


def can_undo(booking: Booking) -> bool:
    """Whether an undo is offered; whether a seat is free is only asked when it is done."""
    last = last_change(booking)
    return last is not None and not _refusal(booking, last)


def _provider_before(last: Event | None) -> int | None:
    """The provider to which an undo moves the booking; None where the provider stays."""
    stood = last.data.get("stood") if last is not None and last.name == MOVED else None
    return stood["provider_id"] if stood else None


def _refusal(booking: Booking, last: Event) -> str:
    """Why the change stays; '' when it can be taken back."""
    if last.name not in UNDOABLE:
        return NOTHING
    zone = ZoneInfo(booking.provider.time_zone)
    if last.at.astimezone(zone).date() != clock.now().astimezone(zone).date():
        return EARLIER
    if last.name == MOVED and (refusal := _cannot_move_back(booking, last)):
        return refusal
    guards: tuple[str, ...] = import_string(settings.UNDO_GUARDS)
    refusals = (_guard(path)(booking, last) for path in guards)
    return next(filter(None, refusals), "")


def _guard(path: str) -> Guard:
    guard: Guard = import_string(path)
    return guard


def _cannot_move_back(booking: Booking, last: Event) -> str:
    stood = last.data.get("stood")
    if stood is None:
        return NOTHING
    service_id = stood["service_id"]
    if service_id == booking.service_id:
        return ""
    if service_id is None:
        return TEXT_REPLACED if stood["has_words"] else ""
    offered = Service.objects.filter(pk=service_id, provider=stood["provider_id"])
    return "" if offered.exists() else SERVICE_DELETED


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
