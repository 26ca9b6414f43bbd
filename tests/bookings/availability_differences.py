"""Where the module and the reference part: each function returns what they disagree about, nothing when they agree."""

from typing import Any

from bookings.availability import check, explain, free_seat, open_spans, refused, slots
from tests.bookings import availability_reference as reference
from tests.bookings.availability_cases import busy, instant, minute, rules, want
from tests.bookings.availability_reference import Case

CALLERS = {
    "client": {"for_client": True, "past_allowed": False},
    "professional": {"for_client": False, "past_allowed": False},
    "staff": {"for_client": False, "past_allowed": True},
}


def of_open_time(case: Case) -> set[int]:
    spans = open_spans(rules(case), instant(case.first), instant(case.last))
    ours = {each for span in spans for each in range(minute(span.start), minute(span.end))}
    return ours ^ {each for each in range(case.first, case.last) if reference.is_open(case, each)}


def of_slots(case: Case) -> set[int]:
    now, window = instant(case.now), {"start": instant(case.first), "end": instant(case.last)}
    ours = [minute(at) for at in slots(rules(case), want(case), busy(case), now=now, **window)]
    assert ours == sorted(set(ours))
    return set(ours) ^ set(reference.slots(case))


def of_seats(case: Case) -> set[int]:
    ours = {
        at: free_seat(busy(case), case.capacity, want(case).busy_span(instant(at)))
        for at in range(case.first, case.last)
    }
    return {at for at, seat in ours.items() if seat != reference.seat(case, at)}


def of_verdicts(case: Case, caller: str) -> set[int]:
    """Compare every refusal of every minute, and that the one booking answers is the first one explained."""
    theirs = {"client": caller == "client", "staff": caller == "staff"}
    differing = set()
    for at in range(case.first, case.last):
        asked: dict[str, Any] = {
            "at": instant(at),
            "now": instant(case.now),
            "provider_active": True,
            **CALLERS[caller],
        }
        verdicts = explain(rules(case), want(case), busy(case), **asked)
        refusal = check(rules(case), want(case), busy(case), **asked)
        expected = list(reference.refusals(case, at, **theirs))
        answered = refusal.code if refusal else None
        if (
            [each.code for each in verdicts if not each.ok] != expected
            or answered != next(iter(expected), None)
            or refused(verdicts) != answered
        ):
            differing.add(at)
    return differing
