"""The demo's practice is restarted with the clinic's worker in the middle of its work: both go on as if nothing was."""

from datetime import timedelta

import orjson

from integrations.sandbox.sikka import SikkaTwin
from tests.factories.bookings import tomorrow
from tests.integrations.pms.desk import Desk, alerts, states
from tests.integrations.pms.practice import Practice, bookings, conflicts


def test_a_clinic_goes_on_with_the_practice_after_a_restart(sikka: SikkaTwin, desk: Desk) -> None:
    practice = Practice(desk)
    first = desk.book()
    desk.work(minutes=2)
    desk.book(at=tomorrow(17), contact=first.contact)
    desk.work()
    assert states() == ["completed", "completed", "submitted"]
    before, known = bookings(), desk.appointments
    kept = orjson.dumps(sikka.packed())
    sikka.start_over(writeback_seconds=[8, 8])
    sikka.unpack(orjson.loads(kept))

    assert practice.sync(full=True)
    assert desk.appointments == known
    desk.work(minutes=2)
    desk.book(at=tomorrow(19), contact=first.contact)
    desk.work(minutes=2)
    desk.time.shift(timedelta(hours=2))
    assert practice.sync(full=True)
    assert set(states()) == {"completed"}
    assert len(set(desk.appointments)) == len(bookings()) == 3
    assert bookings()[:2] == before
    assert (alerts(), conflicts()) == ([], [])
