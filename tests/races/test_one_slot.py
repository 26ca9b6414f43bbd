"""Fifty callers want one slot of one provider, through two servers that share nothing but the database.

The controls take the guard away, in part or wholly: without it the very same race has several winners.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from bookings.models import Booking
from tests.races.clinic import Clinic, slot, spread
from tests.services import invariants
from tests.services.crowd import Answer, at_once, worst_ms
from tests.services.processes import Server

ROUNDS, CALLERS = 20, 50
CONTROL_ROUNDS = 5
# Without the lock each round ends in a knot of deadlocks, which the database unties one by one, a second each.
CALLERS_WITHOUT_LOCK = 8
ONE_WINS = {(201, ""): 1, (409, "slot_taken"): CALLERS - 1}
WORST_MS = 3000  # the one bound on time that is promised for this race


def race(
    servers: Sequence[str], clinic: Clinic, rounds: int, *, callers: int = CALLERS
) -> list[list[Answer]]:
    """What everybody was answered, a list for each round; each round is about another slot."""
    asked = spread(servers, callers)
    return [
        at_once([clinic.books(server, slot(n), contact=caller) for caller, server in enumerate(asked)])
        for n in range(rounds)
    ]


def outcomes(rounds: Sequence[Sequence[Answer]]) -> list[Counter[tuple[int, str]]]:
    return [Counter(answer.outcome for answer in answers) for answers in rounds]


def winners(rounds: Sequence[Sequence[Answer]]) -> list[int]:
    return [sum(answer.status == 201 for answer in answers) for answers in rounds]


def test_of_fifty_that_want_one_slot_exactly_one_gets_it(
    clinic: Clinic, two_servers: Sequence[Server], record_property: Callable[[str, Any], None]
) -> None:
    rounds = race([server.url for server in two_servers], clinic, ROUNDS)
    worst = max(map(worst_ms, rounds))
    record_property("winners", winners(rounds))
    record_property("worst_ms", round(worst))

    assert outcomes(rounds) == [ONE_WINS] * ROUNDS
    assert worst < WORST_MS
    assert Booking.objects.count() == ROUNDS
    assert invariants.broken() == {}
    assert [server.started.output().count("request.deadlock") for server in two_servers] == [0, 0]


def test_without_the_guard_several_get_the_same_slot(
    clinic: Clinic,
    no_rule: None,
    unguarded_servers: Sequence[str],
    record_property: Callable[[str, Any], None],
) -> None:
    found = winners(race(unguarded_servers, clinic, CONTROL_ROUNDS))
    record_property("winners", found)

    assert max(found) > 1
    assert Booking.objects.count() == sum(found)
    assert invariants.overlaps() != []


def test_the_lock_alone_leaves_one_winner(clinic: Clinic, no_rule: None, servers: Sequence[str]) -> None:
    assert outcomes(race(servers, clinic, CONTROL_ROUNDS)) == [ONE_WINS] * CONTROL_ROUNDS


def test_the_rule_in_the_database_alone_leaves_one_winner(
    clinic: Clinic, unguarded_servers: Sequence[str]
) -> None:
    rounds = race(unguarded_servers, clinic, CONTROL_ROUNDS, callers=CALLERS_WITHOUT_LOCK)

    assert winners(rounds) == [1] * CONTROL_ROUNDS
    assert invariants.broken() == {}
