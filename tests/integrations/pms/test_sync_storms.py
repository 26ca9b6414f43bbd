"""The storms of the writebacks, with the practice being read all the while: nothing doubles, nothing comes back."""

import os
import time
from collections.abc import Callable
from typing import Any

import pytest

from bookings.models import Booking
from careops.core import clock
from integrations.pms.invariants import INVARIANTS
from integrations.pms.models import AppointmentLink, AppointmentMirror
from integrations.pms.sync import absence, run
from integrations.pms.sync.facts import Reader
from integrations.sandbox.faults import Fault, Kind
from tests.factories.bookings import tomorrow
from tests.integrations.pms.desk import Desk
from tests.integrations.pms.practice import Practice
from tests.integrations.pms.storm import Storm, broken, cancelled_though_held, table

SEEDS = int(os.environ.get("PMS_SEEDS", "3"))
# Asked for by name, the storms run with the engine that is named.
pytestmark = [] if "PMS_SEEDS" in os.environ else [pytest.mark.any_engine]


class ReadStorm(Storm):
    """Reads the practice after each piece of work, whatever is wrong with it.

    The practice has appointments with somebody who is not linked here, and deletes some of ours.
    """

    def __init__(self, desk: Desk, seed: int) -> None:
        super().__init__(desk, seed)
        self.seen: list[str] = []
        practice = Practice(desk)
        own = practice.patient(firstname="Own", email="own@example.com", cell="")
        for hour in (9, 11, 13):
            practice.appointment(own, tomorrow(hour, days=9), provider_id="DOC2", operatory="OP2")

    def deeds(self) -> tuple[Callable[[], Any], ...]:
        return (*super().deeds(), self.delete_there)

    def delete_there(self) -> None:
        ours = set(AppointmentLink.objects.values_list("remote_id", flat=True)) & set(table(self.desk.sikka))
        if ours:
            del table(self.desk.sikka)[self.chance.choice(sorted(ours))]

    def rage(self) -> None:
        worked = self.desk.work

        def work_and_read(minutes: float = 0) -> None:
            worked(minutes=minutes)
            run.ask_for(self.desk.integration)
            run.run(self.desk.integration.pk, stop=time.monotonic() + 30)
            self.seen += cancelled_though_held(self.desk.sikka)

        self.desk.work = work_and_read  # type: ignore[method-assign]
        super().rage()


@pytest.mark.parametrize("seed", range(SEEDS))
def test_reading_in_a_storm_changes_nothing_that_we_wrote(desk: Desk, seed: int) -> None:
    storm = ReadStorm(desk, seed)
    storm.rage()
    made = Booking.objects.count()
    assert [*storm.seen, *broken(desk.sikka)] == []
    assert [sentence for rule in INVARIANTS for sentence in rule()] == []
    assert Booking.objects.filter(created_by=None, override_reason="As the practice has it.").count() == 0
    assert AppointmentLink.objects.count() <= made


def test_believing_every_list_would_be_seen(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the oracle finds a reading that cancels what one list lacks."""

    def gone_at_once(mirrors: Any) -> None:
        for mirror in mirrors:
            AppointmentMirror.objects.filter(pk=mirror.pk).update(missing_at=clock.now())
            reader = Reader.of(desk.integration)
            absence.mark_deleted_remotely(reader, mirror, reading=clock.now(), cause=absence.Cause.ABSENT)

    monkeypatch.setattr(absence, "note_missing", gone_at_once)
    practice = Practice(desk)
    desk.book(at=tomorrow(15, days=9))
    desk.work(minutes=3)
    practice.sync(full=True)
    assert cancelled_though_held(desk.sikka) == []
    desk.sikka.faults.add(Fault(Kind.EMPTY, path="/appointments$", times=None))
    practice.sync_later(full=True)
    assert len(cancelled_though_held(desk.sikka)) == 1
