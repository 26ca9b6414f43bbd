"""The same Idempotency-Key, sent twenty times at once through two servers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from bookings.models import Booking
from messaging.models import Message
from tests.races.clinic import Clinic, access_token, slot, spread
from tests.services import invariants
from tests.services.crowd import Answer, at_once

ROUNDS = 5
TWINS = 20


def ids(answers: Sequence[Answer]) -> set[int]:
    return {answer.body["id"] for answer in answers if answer.status == 201}


def test_twenty_twins_make_one_booking_and_all_hear_of_it(clinic: Clinic, servers: Sequence[str]) -> None:
    for n in range(ROUNDS):
        answers = at_once(
            [clinic.books(server, slot(n), key=f"twin-{n}") for server in spread(servers, TWINS)]
        )
        assert Counter((answer.status, answer.replayed) for answer in answers) == {
            (201, False): 1,
            (201, True): TWINS - 1,
        }
        assert ids(answers) == set(Booking.objects.filter(scheduled_at=slot(n)).values_list("pk", flat=True))
        assert len({str(answer.body) for answer in answers}) == 1
    assert (Booking.objects.count(), Message.objects.count()) == (ROUNDS, ROUNDS)


def test_one_body_wins_a_key_and_the_others_are_told(clinic: Clinic, servers: Sequence[str]) -> None:
    asked = spread(servers, TWINS)
    answers = at_once([clinic.books(server, slot(n), key="shared") for n, server in enumerate(asked)])
    assert Counter(answer.outcome for answer in answers) == {
        (201, ""): 1,
        (422, "idempotency_mismatch"): TWINS - 1,
    }
    assert Booking.objects.count() == 1


def test_two_people_who_send_the_same_key_each_make_a_booking(clinic: Clinic, servers: Sequence[str]) -> None:
    colleague = replace(clinic, token=access_token())
    mine = [clinic.books(server, slot(0), key="same") for server in spread(servers, TWINS // 2)]
    theirs = [colleague.books(server, slot(1), key="same") for server in spread(servers, TWINS // 2)]
    answers = at_once([*mine, *theirs])
    assert {answer.status for answer in answers} == {201}
    assert (len(ids(answers[: len(mine)])), len(ids(answers[len(mine) :]))) == (1, 1)
    assert ids(answers) == set(Booking.objects.values_list("pk", flat=True))
    assert (Booking.objects.count(), invariants.broken()) == (2, {})


def test_without_a_key_the_same_request_is_not_the_same(clinic: Clinic, servers: Sequence[str]) -> None:
    clients = {"client_name": "Ada Berg", "client_email": "ada.berg@example.com"}
    contacts = [
        clinic.call(server, "POST", "bookings", {**clinic.booking(slot(n)), "contact_id": None, **clients})
        for n, server in enumerate(spread(servers, TWINS))
    ]
    answers = at_once(contacts)
    assert len(ids(answers)) == TWINS
    assert len({answer.body["contact_id"] for answer in answers}) == 1
