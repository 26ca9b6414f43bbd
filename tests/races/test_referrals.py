"""Several people move one referral in the same moment, through two servers."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from bookings.models import Booking
from careops.core.models import Event
from connections.invariants import INVARIANTS
from connections.models import Referral
from tests.factories.referrals import make_referral
from tests.races.clinic import Clinic, slot, spread
from tests.races.conftest import serving
from tests.services.crowd import Answer, at_once

ROUNDS, EACH = 3, 6
REFUSED = (409, "transition_not_allowed")


@pytest.fixture(scope="module")
def unguarded(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Two web processes that read the status and write another one later."""
    with serving(tmp_path_factory.mktemp("web"), "tests.races.unguarded_referrals:application") as servers:
        yield [server.url for server in servers]


def move(clinic: Clinic, servers: Sequence[str], referral: Referral, *bodies: dict[str, Any]) -> list[Answer]:
    """Each body sent by as many callers, all in the same moment."""
    asked = [body for body in bodies for _ in range(EACH)]
    calls = [
        clinic.call(server, "PATCH", f"referrals/{referral.pk}", body)
        for server, body in zip(spread(servers, len(asked)), asked, strict=True)
    ]
    return at_once(calls)


def outcomes(answers: Sequence[Answer]) -> Counter[tuple[int, str]]:
    return Counter(answer.outcome for answer in answers)


def times_told(referral: Referral, name: str) -> int:
    return Event.objects.filter(
        subject_type="connections.referral", subject_id=referral.pk, name=name
    ).count()


def whole() -> bool:
    return [list(rule()) for rule in INVARIANTS] == [[]] * len(INVARIANTS)


def test_of_several_who_accept_one_does(clinic: Clinic, servers: Sequence[str]) -> None:
    for _ in range(ROUNDS):
        referral = make_referral()
        answers = move(clinic, servers, referral, {"status": "accepted"})

        assert outcomes(answers) == {(200, ""): 1, REFUSED: EACH - 1}
        assert times_told(referral, "referral.accepted") == 1


def test_without_the_guard_several_accept(clinic: Clinic, unguarded: Sequence[str]) -> None:
    referral = make_referral()
    answers = move(clinic, unguarded, referral, {"status": "accepted"})

    assert outcomes(answers)[200, ""] > 1
    assert times_told(referral, "referral.accepted") > 1


def test_declined_and_cancelled_at_once_ends_one_way(clinic: Clinic, servers: Sequence[str]) -> None:
    for _ in range(ROUNDS):
        referral = make_referral()
        answers = move(clinic, servers, referral, {"status": "declined"}, {"status": "cancelled"})

        assert outcomes(answers) == {(200, ""): 1, REFUSED: 2 * EACH - 1}
        told = [times_told(referral, f"referral.{end}") for end in ("declined", "cancelled")]
        assert sorted(told) == [0, 1]


def test_accepted_and_cancelled_at_once_is_never_accepted_afterwards(
    clinic: Clinic, servers: Sequence[str]
) -> None:
    for _ in range(ROUNDS):
        referral = make_referral()
        move(clinic, servers, referral, {"status": "accepted"}, {"status": "cancelled"})

        referral.refresh_from_db()
        assert referral.status == "cancelled"
        assert times_told(referral, "referral.cancelled") == 1
        assert times_told(referral, "referral.accepted") in {0, 1}


def test_of_several_who_book_one_does_and_no_booking_is_left_over(
    clinic: Clinic, servers: Sequence[str]
) -> None:
    for n in range(ROUNDS):
        referral = make_referral(status="accepted")
        bodies = [
            {
                "status": "booked",
                "provider_id": clinic.provider_id,
                "scheduled_at": slot(10 * n + k).isoformat(),
            }
            for k in range(EACH)
        ]
        calls = [
            clinic.call(server, "PATCH", f"referrals/{referral.pk}", body)
            for server, body in zip(spread(servers, EACH), bodies, strict=True)
        ]
        assert outcomes(at_once(calls)) == {(200, ""): 1, REFUSED: EACH - 1}
        referral.refresh_from_db()
        assert list(Booking.objects.filter(contact=referral.contact_id)) == [referral.booking]
    assert whole()


def test_a_booking_cancelled_while_its_referral_is_completed_leaves_both_in_order(
    clinic: Clinic, servers: Sequence[str]
) -> None:
    for n in range(ROUNDS):
        referral = make_referral(status="accepted")
        book = {
            "status": "booked",
            "provider_id": clinic.provider_id,
            "scheduled_at": slot(100 + n).isoformat(),
        }
        at_once([clinic.call(servers[0], "PATCH", f"referrals/{referral.pk}", book)])
        referral.refresh_from_db()
        path = f"bookings/{referral.booking_id}/cancel"
        calls = [
            call
            for server in servers
            for call in (
                clinic.call(server, "POST", path, {}),
                clinic.call(server, "PATCH", f"referrals/{referral.pk}", {"status": "completed"}),
            )
        ]
        assert {answer.status for answer in at_once(calls)} <= {200, 409}
        assert whole()
