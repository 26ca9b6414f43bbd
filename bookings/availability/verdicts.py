"""May this be booked, and which rule says so. Booking and explaining ask the same rules in the same order."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bookings.availability.hours import occurrences, openings
from bookings.availability.seats import free_seat, touching
from bookings.availability.terms import Busy, Rules, Span, Want

OUTSIDE_HOURS = "outside_hours"


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What one rule says.

    ``code`` is the error that the rule's refusal answers with, also when it is ``ok``. ``detail`` names no person and
    no row; ``refs`` are the ids of the rows that the rule looked at: opening hours, closures or bookings.
    """

    rule: str
    code: str
    ok: bool
    detail: str
    refs: tuple[int, ...] = ()


def explain(
    rules: Rules,
    want: Want,
    busy: Iterable[Busy],
    *,
    at: datetime,
    now: datetime,
    provider_active: bool,
    for_client: bool,
    past_allowed: bool = False,
    stands: Span | None = None,
) -> list[Verdict]:
    """Return one verdict per rule on booking ``want`` ``at`` that instant, in the order in which booking asks them.

    Notice and horizon bind clients alone; a start in the past is refused unless it is allowed, as it is to staff.
    ``stands`` is where the booking stands that is to change. While its start stays, no rule about the start is asked,
    and hours and closures only for the time that is added at the end.
    """
    stays = stands is not None and stands.start == at
    booking = want.span(at)
    added = Span(start=stands.end, end=booking.end) if stands is not None and stays else booking
    return [
        _activity(active=provider_active),
        _past(at, now, allowed=past_allowed or stays),
        _notice(rules, at, now, binds=for_client and not stays),
        _horizon(rules, at, now, binds=for_client and not stays),
        *_open_time(rules, added),
        _seat(rules, list(busy), want.busy_span(at)),
    ]


def check(
    rules: Rules,
    want: Want,
    busy: Iterable[Busy],
    *,
    at: datetime,
    now: datetime,
    provider_active: bool,
    for_client: bool,
    past_allowed: bool = False,
    stands: Span | None = None,
    override_hours: bool = False,
) -> Verdict | None:
    """Return the verdict that refuses to book ``want`` ``at`` that instant, the first one, or None.

    It is the first refusal that ``explain`` lists; ``override_hours`` lifts opening hours and closures, nothing else.
    """
    verdicts = explain(
        rules,
        want,
        busy,
        at=at,
        now=now,
        provider_active=provider_active,
        for_client=for_client,
        past_allowed=past_allowed,
        stands=stands,
    )
    return _first_refusal(each for each in verdicts if not (override_hours and each.code == OUTSIDE_HOURS))


def refused(verdicts: Iterable[Verdict]) -> str | None:
    """Return the code that booking would answer with, or None when it would succeed."""
    refusal = _first_refusal(verdicts)
    return refusal.code if refusal else None


def too_late(*, starts_at: datetime, cancel_notice_minutes: int, now: datetime) -> bool:
    """Say whether the deadline for a client to cancel or reschedule has passed."""
    return now > starts_at - timedelta(minutes=cancel_notice_minutes)


def _first_refusal(verdicts: Iterable[Verdict]) -> Verdict | None:
    return next((verdict for verdict in verdicts if not verdict.ok), None)


def _activity(*, active: bool) -> Verdict:
    detail = "The provider takes bookings." if active else "The provider is not active."
    return Verdict(rule="provider_active", code="provider_inactive", ok=active, detail=detail)


def _past(at: datetime, now: datetime, *, allowed: bool) -> Verdict:
    past = at < now
    detail = "The start is in the past." if past else "The start is not in the past."
    return Verdict(rule="in_the_past", code="in_the_past", ok=allowed or not past, detail=detail)


def _notice(rules: Rules, at: datetime, now: datetime, *, binds: bool) -> Verdict:
    minutes = rules.min_notice_minutes
    kept = at >= now + timedelta(minutes=minutes)
    detail = f"Clients book at least {minutes} minutes ahead."
    return Verdict(rule="too_soon", code="too_soon", ok=kept or not binds, detail=detail)


def _horizon(rules: Rules, at: datetime, now: datetime, *, binds: bool) -> Verdict:
    days = rules.horizon_days
    kept = at <= now + timedelta(days=days)
    detail = f"Clients book at most {days} days ahead."
    return Verdict(rule="too_far", code="too_far", ok=kept or not binds, detail=detail)


def _open_time(rules: Rules, booking: Span) -> Iterator[Verdict]:
    """What hours and closures say of a span; of an empty one they say nothing against it."""
    is_empty = booking.start >= booking.end
    rows = occurrences(rules, booking.start, booking.end) if rules.intervals and not is_empty else ()
    is_open = is_empty or openings(rules, booking.start, booking.end) == [booking]
    yield Verdict(
        rule="opening_hours",
        code=OUTSIDE_HOURS,
        ok=is_open,
        detail="Open for the whole booking." if is_open else "Not open for the whole booking.",
        refs=_ids(rows),
    )
    closures = touching(rules.closures, booking)
    yield Verdict(
        rule="closure",
        code=OUTSIDE_HOURS,
        ok=not closures,
        detail="A closure touches the booking." if closures else "No closure touches the booking.",
        refs=_ids(closures),
    )


def _seat(rules: Rules, busy: list[Busy], held: Span) -> Verdict:
    has_seat = free_seat(busy, rules.capacity, held) is not None
    return Verdict(
        rule="seat",
        code="slot_taken",
        ok=has_seat,
        detail="A seat is free, buffers included." if has_seat else "No seat is free, buffers included.",
        refs=_ids(touching(busy, held)),
    )


def _ids(rows: Iterable[Span | Busy]) -> tuple[int, ...]:
    return tuple(sorted({row.id for row in rows if row.id is not None}))
