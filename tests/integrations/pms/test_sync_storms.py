"""The storms of the writebacks, with the practice being read all the while: nothing doubles, nothing comes back."""

import os
import time

import pytest

from bookings.models import Booking
from integrations.pms.invariants import INVARIANTS
from integrations.pms.models import AppointmentLink
from integrations.pms.sync import run
from tests.integrations.pms.desk import Desk
from tests.integrations.pms.storm import Storm, broken

SEEDS = int(os.environ.get("PMS_SEEDS", "3"))
pytestmark = pytest.mark.any_engine


class ReadStorm(Storm):
    """Reads the practice after each piece of work, whatever is wrong with it."""

    def rage(self) -> None:
        worked = self.desk.work

        def work_and_read(minutes: float = 0) -> None:
            worked(minutes=minutes)
            run.ask_for(self.desk.integration)
            run.run(self.desk.integration.pk, stop=time.monotonic() + 30)

        self.desk.work = work_and_read  # type: ignore[method-assign]
        super().rage()


@pytest.mark.parametrize("seed", range(SEEDS))
def test_reading_in_a_storm_changes_nothing_that_we_wrote(desk: Desk, seed: int) -> None:
    storm = ReadStorm(desk, seed)
    storm.rage()
    made = Booking.objects.count()
    assert broken(desk.sikka) == []
    assert [sentence for rule in INVARIANTS for sentence in rule()] == []
    assert Booking.objects.filter(created_by=None, override_reason="As the practice has it.").count() == 0
    assert AppointmentLink.objects.count() <= made
