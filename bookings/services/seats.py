"""Finding a seat: the rows that availability asks for, read under the provider's lock."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import IntegrityError

from accounts.enums import Role
from accounts.permissions import BACK_OFFICE
from bookings import availability
from bookings.availability import Busy, Interval, Rules, Span, Verdict, Want
from bookings.enums import OPEN
from bookings.exceptions import REFUSALS, SlotTaken, UnknownBooking, UnknownProvider
from bookings.models import SEAT_RULE, Booking, Provider
from careops.core import clock


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
    found = Provider.objects.select_for_update(no_key=True).filter(pk=provider_id).first()
    if found is None:
        raise UnknownProvider
    return found


def rules_of(provider: Provider, start: datetime, end: datetime) -> Rules:
    """Read the provider's rules, with the closures that touch ``[start, end)``."""
    hours = provider.opening_hours.order_by().values_list("weekday", "opens", "closes", "id")
    closures = provider.closures.order_by().filter(starts_at__lt=end, ends_at__gt=start)
    return Rules(
        time_zone=provider.time_zone,
        slot_minutes=provider.slot_minutes,
        min_notice_minutes=provider.min_notice_minutes,
        horizon_days=provider.horizon_days,
        capacity=provider.capacity,
        intervals=tuple(
            Interval(weekday=day, opens=_minutes(opens), closes=_minutes(closes), id=pk)
            for day, opens, closes, pk in hours
        ),
        closures=tuple(
            Span(start=begins, end=ends, id=pk)
            for begins, ends, pk in closures.values_list("starts_at", "ends_at", "id")
        ),
    )


def _minutes(clock_time: str) -> int:
    hours, minutes = clock_time.split(":")
    return int(hours) * 60 + int(minutes)


def busy_at(
    provider: Provider, start: datetime, end: datetime, *, besides: Booking | None = None
) -> list[Busy]:
    """Read the live bookings that hold a seat during ``[start, end)``, all but ``besides``."""
    held = Booking.objects.filter(provider=provider).busy_between(start, end).order_by()
    return [
        Busy(start=busy_from, end=busy_until, seat=seat, id=pk)
        for busy_from, busy_until, seat, pk in held.values_list("busy_from", "busy_until", "seat", "id")
        if besides is None or pk != besides.pk
    ]


def explain_start(
    *, provider: Provider, want: Want, at: datetime, role: str, besides: Booking | None = None
) -> list[Verdict]:
    """What each rule says to a person of this role who would book ``want`` there ``at`` that instant."""
    held = want.busy_span(at)
    return availability.explain(
        rules_of(provider, at, want.span(at).end),
        want,
        busy_at(provider, held.start, held.end, besides=besides),
        at=at,
        **_bound(provider, role),
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
    busy = busy_at(provider, held.start, held.end, besides=besides)
    verdict = availability.check(
        rules_of(provider, at, want.span(at).end),
        want,
        busy,
        at=at,
        override_hours=override_hours,
        **_bound(provider, getattr(actor, "role", "")),
    )
    if verdict is not None:
        raise REFUSALS[verdict.code](verdict.detail)
    return free_seat(provider=provider, busy=busy, span=held)


def free_seat(*, provider: Provider, busy: list[Busy], span: Span) -> int:
    """Return the lowest seat that is free throughout ``span``. Raises SlotTaken."""
    seat = availability.free_seat(busy, provider.capacity, span)
    if seat is None:
        raise SlotTaken
    return seat


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


def is_open(booking: Booking) -> bool:
    """Whether the booking still lies ahead by its status."""
    return booking.status in OPEN
