"""Finding a seat, and the locks that every verb takes in the same order."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError
from django.db.models import QuerySet

from accounts.enums import Role
from accounts.permissions import BACK_OFFICE
from bookings import availability
from bookings.availability import Busy, Rules, Span, Verdict, Want
from bookings.enums import OPEN
from bookings.exceptions import REFUSALS, SlotTaken, UnknownBooking, UnknownProvider
from bookings.models import SEAT_RULE, Booking, Provider
from bookings.services.diary import read_diary
from careops.core import clock
from careops.core.prepared import Prepared
from messaging.models import Contact

LOCK_PROVIDER = Prepared()
FARTHEST_DAYS = 3660


@contextmanager
def seat_rule() -> Iterator[None]:
    """Around a verb's transaction: the database's own refusal of a double booking becomes SlotTaken."""
    try:
        yield
    except IntegrityError as error:
        if SEAT_RULE in str(error):
            raise SlotTaken from error
        raise


def lock_provider(provider_id: int) -> Provider:
    """Lock and re-read the provider: whoever books, reschedules or reopens there now comes one by one.

    The lock leaves foreign keys alone, so that other rows may still refer to the provider. Raises UnknownProvider.
    """
    found = LOCK_PROVIDER.objects(Provider, _locked_provider, provider_id)
    if not found:
        raise UnknownProvider
    return found[0]


def _locked_provider(provider_id: int) -> QuerySet[Provider]:
    return Provider.objects.select_for_update(no_key=True).filter(pk=provider_id).order_by()


def explain_start(
    *, provider: Provider, want: Want, at: datetime, role: str, besides: Booking | None = None
) -> list[Verdict]:
    """What each rule says to a person of this role who would book ``want`` there ``at`` that instant.

    ``besides`` is a booking that does not count, because it is the one to be moved.
    """
    held = want.busy_span(at)
    rules, busy = read_diary(provider, held.start, held.end, besides=besides)
    return availability.explain(
        rules, want, busy, at=at, stands=_standing(provider, besides), **_bound(provider, role)
    )


def seat_for(
    *,
    provider: Provider,
    want: Want,
    at: datetime,
    actor: Any,
    override_hours: bool = False,
    besides: Booking | None = None,
) -> int:
    """Return a free seat for ``want``, given the provider's lock; ``actor`` None is the system.

    Raises ProviderInactive, InThePast, TooSoon, TooFar, OutsideHours or SlotTaken: the first rule that refuses.
    """
    held = want.busy_span(at)
    rules, busy = read_diary(provider, held.start, held.end, besides=besides)
    verdict = availability.check(
        rules,
        want,
        busy,
        at=at,
        stands=_standing(provider, besides),
        override_hours=override_hours,
        **_bound(provider, getattr(actor, "role", "")),
    )
    if verdict is not None:
        raise REFUSALS[verdict.code](verdict.detail)
    return _free_seat(provider, busy, held)


def seat_again(*, provider: Provider, booking: Booking, held: Span | None = None) -> int:
    """Return a free seat for a booking that is to stand once more where it stood, given the provider's lock.

    It stood where its row says, or in the span ``held``, buffers included. Opening hours are not asked again. Raises
    SlotTaken.
    """
    held = held or Span(start=booking.busy_from, end=booking.busy_until)
    _, busy = read_diary(provider, held.start, held.end, besides=booking)
    return _free_seat(provider, busy, held)


def _standing(provider: Provider, booking: Booking | None) -> Span | None:
    """Where the booking stands at this provider; None for one that stands at another, whose rules say nothing here."""
    if booking is None or booking.provider_id != provider.pk:
        return None
    return Span(start=booking.scheduled_at, end=booking.ends_at)


def _free_seat(provider: Provider, busy: list[Busy], span: Span) -> int:
    seat = availability.free_seat(busy, provider.capacity, span)
    if seat is None:
        raise SlotTaken
    return seat


def rules_for(role: str, rules: Rules) -> Rules:
    """The rules as they bind a person of this role: notice and horizon bind clients alone."""
    if role == Role.CLIENT:
        return rules
    return replace(rules, min_notice_minutes=0, horizon_days=FARTHEST_DAYS)


def _bound(provider: Provider, role: str) -> dict[str, Any]:
    """Whom the rules bind: notice and horizon clients alone, the present all but the front desk."""
    return {
        "now": clock.now(),
        "provider_active": provider.is_active,
        "for_client": role == Role.CLIENT,
        "past_allowed": not role or role in BACK_OFFICE,
    }


def lock_booking(booking_id: int) -> Booking:
    """Lock and re-read a booking and its contact, and read its provider. Raises UnknownBooking when it is gone."""
    rows = Booking.objects.select_for_update(no_key=True, of=("self", "contact"))
    found = rows.select_related("provider", "contact").filter(pk=booking_id).first()
    if found is None:
        raise UnknownBooking
    return found


def lock_bookings_of(contact: Contact, *, wait: bool) -> None:
    """Lock every booking of the contact, in the order of the ids.

    Without ``wait`` a booking that another transaction holds raises OperationalError at once.
    """
    rows = Booking.objects.select_for_update(no_key=True, nowait=not wait)
    list(rows.filter(contact=contact).order_by("pk").values_list("pk", flat=True))


def is_open(booking: Booking) -> bool:
    """Whether the booking still lies ahead by its status."""
    return booking.status in OPEN
