"""Bookings that overlap or touch, move, end, or lose their provider, all in the same moment."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from bookings.models import Booking, Provider
from careops.core.models import Event
from tests.factories.bookings import has_begun
from tests.races.clinic import Clinic, slot, spread
from tests.services import invariants
from tests.services.crowd import Answer, at_once, send

ROUNDS = 5
EACH = 5


def won(answers: Sequence[Answer]) -> list[Answer]:
    return [answer for answer in answers if answer.status in {200, 201}]


def refusals(answers: Sequence[Answer]) -> set[tuple[int, str]]:
    return {answer.outcome for answer in answers} - {(200, ""), (201, "")}


def test_of_starts_that_overlap_without_being_equal_one_is_booked(
    clinic: Clinic, servers: Sequence[str]
) -> None:
    for n in range(ROUNDS):
        starts = [slot(n) + timedelta(minutes=minute) for minute in range(20)]
        calls = zip(spread(servers, len(starts)), starts, strict=True)
        answers = at_once([clinic.books(server, at) for server, at in calls])
        assert (len(won(answers)), refusals(answers)) == (1, {(409, "slot_taken")})
    assert invariants.broken() == {}


def test_bookings_that_only_touch_are_all_made(clinic: Clinic, servers: Sequence[str]) -> None:
    starts = [slot(0) + timedelta(minutes=30 * n) for n in range(20)]
    calls = zip(spread(servers, len(starts)), starts, strict=True)
    answers = at_once([clinic.books(server, at) for server, at in calls])
    assert (len(won(answers)), refusals(answers)) == (20, set())
    assert invariants.broken() == {}


def test_a_slot_goes_to_one_of_those_who_book_it_and_those_who_move_there(
    clinic: Clinic, servers: Sequence[str]
) -> None:
    for n in range(ROUNDS):
        wanted, elsewhere = slot(100 + n), [slot(EACH * n + k) for k in range(EACH)]
        made = at_once([clinic.books(servers[0], at, contact=k) for k, at in enumerate(elsewhere)])
        moves = [
            clinic.call(
                servers[k % 2], "PATCH", f"bookings/{old.body['id']}", {"scheduled_at": wanted.isoformat()}
            )
            for k, old in enumerate(made)
        ]
        books = [clinic.books(server, wanted) for server in spread(servers, EACH)]
        answers = at_once([*moves, *books])
        assert (len(won(answers)), refusals(answers)) == (1, {(409, "slot_taken")})
        assert Booking.objects.filter(scheduled_at=wanted).count() == 1
    assert invariants.broken() == {}


def test_a_booking_that_is_cancelled_and_completed_at_once_ends_one_way(
    clinic: Clinic, servers: Sequence[str]
) -> None:
    for n in range(ROUNDS):
        pk = send(clinic.books(servers[0], slot(n))).body["id"]
        has_begun(Booking.objects.get(pk=pk), minutes_ago=60 * (n + 1))
        asked = spread(servers, EACH)
        cancels = [clinic.call(server, "POST", f"bookings/{pk}/cancel", {}) for server in asked]
        completes = [
            clinic.call(server, "PATCH", f"bookings/{pk}", {"status": "completed"}) for server in asked
        ]
        answers = at_once([*cancels, *completes])
        ways = Counter(
            Event.objects.filter(subject_id=pk, name__startswith="booking.").values_list("name", flat=True)
        )
        end = Booking.objects.get(pk=pk).status
        # Cancelling again is the same as once. A PATCH that repeats the status changes nothing, or comes too early to see it.
        winners = {"cancelled": {EACH}, "completed": set(range(1, EACH + 1))}[end]
        assert ways == {"booking.created": 1, f"booking.{end}": 1}
        assert len(won(answers)) in winners
        assert refusals(answers) == {(409, "transition_not_allowed")}


def test_no_booking_is_made_after_its_provider_was_made_inactive(
    clinic: Clinic, servers: Sequence[str]
) -> None:
    for n in range(ROUNDS):
        answers, closed = book_while_closing(clinic, servers, n)
        assert closed.status == 200
        assert refusals(answers) <= {(409, "provider_inactive")}
        assert Booking.objects.filter(scheduled_at__gte=slot(n * 20)).count() == len(won(answers))
        assert made_too_late(clinic) == 0
        assert send(clinic.books(servers[0], slot(500))).outcome == (409, "provider_inactive")


def test_without_the_lock_bookings_are_made_after_their_provider_was_made_inactive(
    clinic: Clinic, unguarded_servers: Sequence[str]
) -> None:
    late = 0
    for n in range(ROUNDS):
        book_while_closing(clinic, unguarded_servers, n)
        late += made_too_late(clinic)
    assert late > 0


def book_while_closing(clinic: Clinic, servers: Sequence[str], n: int) -> tuple[list[Answer], Answer]:
    """Book twenty slots, and in the same moment make their provider inactive: the answers to both."""
    Provider.objects.filter(pk=clinic.provider_id).update(is_active=True)
    books = [
        clinic.books(server, slot(n * 20 + k), contact=k) for k, server in enumerate(spread(servers, 20))
    ]
    close = clinic.call(servers[0], "PATCH", f"providers/{clinic.provider_id}", {"is_active": False})
    *answers, closed = at_once([*books, close])
    return answers, closed


def made_too_late(clinic: Clinic) -> int:
    """How many bookings were made after the provider last became inactive: events are numbered under its lock."""
    closed = Event.objects.filter(name="provider.updated", subject_id=clinic.provider_id).first()
    assert closed is not None
    return Event.objects.filter(name="booking.created", pk__gt=closed.pk).count()


def test_an_undo_and_cancellations_at_once_leave_one_story(clinic: Clinic, servers: Sequence[str]) -> None:
    for n in range(ROUNDS):
        pk = send(clinic.books(servers[0], slot(n))).body["id"]
        send(clinic.call(servers[0], "PATCH", f"bookings/{pk}", {"status": "confirmed"}))
        asked = spread(servers, EACH)
        undos = [clinic.call(server, "POST", f"bookings/{pk}/undo", {}) for server in asked]
        cancels = [clinic.call(server, "POST", f"bookings/{pk}/cancel", {}) for server in asked]
        answers = at_once([*undos, *cancels])
        history = Event.objects.filter(subject_id=pk, name__startswith="booking.").order_by("pk")
        names = list(history.values_list("name", flat=True))[2:]
        # What each event says it found is what the one before it has left.
        status = "confirmed"
        for event in history[2:]:
            assert event.data["before"] == status
            status = event.data["status"]
        assert Booking.objects.get(pk=pk).status == status
        assert "booking.undone" in names
        assert {answer.status for answer in answers} <= {200, 409}
        assert len(won(answers)) >= EACH
    assert invariants.broken() == {}
