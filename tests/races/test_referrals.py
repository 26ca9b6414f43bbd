"""Several people move one referral in the same moment, through two servers."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from bookings.models import Booking
from careops.core.models import Event
from connections.invariants import INVARIANTS
from connections.models import Referral
from tests.factories.bookings import has_begun
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

        # A PATCH that repeats the status changes nothing, or comes too early to see it and is refused.
        assert outcomes(answers).keys() <= {(200, ""), REFUSED}
        assert outcomes(answers)[200, ""] >= 1
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

        assert outcomes(answers).keys() == {(200, ""), REFUSED}
        assert 1 <= outcomes(answers)[200, ""] <= EACH
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


def cancel_while_completing(clinic: Clinic, servers: Sequence[str], n: int) -> tuple[Booking, list[Answer]]:
    """Book by a referral, let the visit begin, and then cancel the booking and complete the referral at once."""
    referral = make_referral(status="accepted")
    book = {
        "status": "booked",
        "provider_id": clinic.provider_id,
        "scheduled_at": slot(100 + n).isoformat(),
    }
    at_once([clinic.call(servers[0], "PATCH", f"referrals/{referral.pk}", book)])
    booking = Booking.objects.get(referral=referral)
    has_begun(booking, minutes_ago=60 * (n + 1))
    calls = [
        call
        for server in servers
        for call in (
            clinic.call(server, "POST", f"bookings/{booking.pk}/cancel", {}),
            clinic.call(server, "PATCH", f"referrals/{referral.pk}", {"status": "completed"}),
        )
    ]
    answers = at_once(calls)
    booking.refresh_from_db()
    return booking, answers


def test_a_booking_cancelled_while_its_referral_is_completed_leaves_both_in_order(
    clinic: Clinic, servers: Sequence[str]
) -> None:
    for n in range(ROUNDS):
        booking, answers = cancel_while_completing(clinic, servers, n)
        # A visit that was completed is not cancelled. Once it is cancelled, the referral is completed without it.
        cancels, completions = answers[::2], answers[1::2]
        expected = {"cancelled": (200, ""), "completed": REFUSED}[booking.status]
        assert outcomes(cancels) == {expected: len(servers)}
        # Completing again is no change, or refused where another caller has just completed it.
        assert {(200, "")} <= outcomes(completions).keys() <= {(200, ""), REFUSED}
        told = [
            Event.objects.filter(
                subject_type="bookings.booking", subject_id=booking.pk, name=f"booking.{end}"
            ).count()
            for end in ("cancelled", "completed")
        ]
        assert sorted(told) == [0, 1]
        assert whole()


def test_without_the_guard_a_referral_is_completed_whose_booking_is_cancelled(
    clinic: Clinic, unguarded: Sequence[str]
) -> None:
    for n in range(5 * ROUNDS):
        cancel_while_completing(clinic, unguarded, n)
        if not whole():
            return
    pytest.fail("The race did not happen.")
