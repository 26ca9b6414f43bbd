"""Two readings at once, and a reading against the front desk."""

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from bookings import services
from bookings.enums import LIVE
from bookings.models import Booking
from careops.core import clock
from careops.core.problems import DomainError
from integrations.pms.models import AppointmentLink, PmsConflict, SyncState
from integrations.pms.sync import run
from integrations.sandbox.sikka import SikkaTwin
from tests.core.threads import at_once
from tests.factories.bookings import make_booking, make_contact, tomorrow
from tests.integrations.pms.desk import Desk, open_desk
from tests.integrations.pms.practice import Practice, booking_of

ROUNDS = 5


@pytest.fixture
def desk(sikka: SikkaTwin, transactional_db: None) -> Iterator[Desk]:
    sikka.switch(rate_limit=10_000)
    with open_desk(sikka) as made:
        yield made


@pytest.fixture
def practice(desk: Desk) -> Practice:
    return Practice(desk)


def test_of_two_readings_one_reads(desk: Desk, practice: Practice) -> None:
    practice.appointment(practice.patient(), tomorrow(15))
    assert sorted(at_once(*[practice.sync] * 4)) == [False, False, False, True]
    assert desk.sikka.count("GET", "/v4/patients") == 1
    assert Booking.objects.count() == 1


def test_without_the_lease_all_would(desk: Desk, practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: readings that do not look at the lease all ask the practice. What they write stays single."""

    everybodys, all_have_it = uuid.uuid4(), threading.Barrier(2)

    def unleased(integration_id: int) -> uuid.UUID:
        SyncState.objects.get_or_create(integration_id=integration_id)
        held = {"lease_token": everybodys, "lease_until": clock.now()}
        SyncState.objects.filter(pk=integration_id).update(**held)
        all_have_it.wait(30)
        return everybodys

    monkeypatch.setattr(run, "_take_lease", unleased)
    practice.appointment(practice.patient(), tomorrow(15))
    at_once(*[practice.sync] * 2)
    assert desk.sikka.count("GET", "/v4/patients") == 2
    assert Booking.objects.count() <= 1


def quietly(do: Callable[[], object]) -> Callable[[], None]:
    def call() -> None:
        with suppress(DomainError):
            do()

    return call


def test_a_move_there_and_a_move_here_in_one_moment_lose_neither(desk: Desk, practice: Practice) -> None:
    """The desk's move stands, and unless it came after the practice's, a person is asked."""
    desk.change(writeback_allowed=False)
    for hour in range(ROUNDS):
        number = practice.appointment(practice.patient(email=f"p{hour}@example.com", cell=""), tomorrow(hour))
        practice.sync_later()
        booking = booking_of(number)
        practice.change(number, tomorrow(hour + 10))
        desk.time.shift(600)
        move = quietly(
            lambda b=booking, h=hour: services.reschedule(booking=b, actor=None, at=tomorrow(h, days=2))  # type: ignore[misc]
        )
        at_once(practice.sync, move)
        booking.refresh_from_db()
        link = AppointmentLink.objects.get(remote_id=number)
        disputed = PmsConflict.objects.open().filter(remote_id=number).exists()
        known = link.base["at"] == tomorrow(hour + 10).isoformat()
        assert booking.scheduled_at == tomorrow(hour, days=2)
        assert disputed is not known


def test_one_seat_is_given_once_to_the_desk_or_to_the_practice(desk: Desk, practice: Practice) -> None:
    desk.change(writeback_allowed=False)
    patient = practice.patient()
    practice.sync()
    for hour in range(9, 9 + ROUNDS):
        practice.appointment(patient, tomorrow(hour))
        contact = make_contact()
        desk.time.shift(600)
        book = quietly(lambda c=contact, h=hour: make_booking(desk.provider, c, at=tomorrow(h)))  # type: ignore[misc]
        at_once(practice.sync, book)
        held = Booking.objects.filter(scheduled_at=tomorrow(hour), status__in=LIVE)
        assert held.count() == 1
        lost = PmsConflict.objects.open().filter(reason="slot_taken").exists()
        assert lost is (held.get().contact_id == contact.pk)
        PmsConflict.objects.all().delete()
        services.cancel(booking=held.get(), actor=None)
