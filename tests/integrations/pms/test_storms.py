"""Whatever goes wrong in whatever order: nothing twice, nothing lost, nothing silent. ``make prove-pms`` runs 1,000."""

import os
from collections.abc import Iterator

import pytest

from careops.core.delivery import TransportError
from integrations.sandbox.sikka import SikkaTwin
from tests.integrations.pms.desk import Desk, open_desk
from tests.integrations.pms.storm import Storm, asked_too_often, broken

SEEDS = int(os.environ.get("PMS_SEEDS", "3"))

# Asked for by name, the storms run with the engine that is named.
pytestmark = [] if "PMS_SEEDS" in os.environ else [pytest.mark.any_engine]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_after_the_storm_everything_is_once_or_told(desk: Desk, seed: int) -> None:
    storm = Storm(desk, seed)
    storm.rage()
    assert [*broken(desk.sikka), *asked_too_often(storm)] == []


@pytest.fixture
def blind(sikka: SikkaTwin, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk that sends again whatever it does not know."""
    monkeypatch.setattr(
        "integrations.pms.sending.Ambiguous", lambda code: TransportError(code, counted=False)
    )
    with open_desk(sikka) as made:
        yield made


def test_sending_again_blindly_would_be_seen(blind: Desk) -> None:
    """The control: the same storms find a sender that does not look before it sends again."""
    for seed in range(3):
        Storm(blind, seed).rage()
        if any("was accepted" in one for one in broken(blind.sikka)):
            return
    pytest.fail("Nothing was seen to be accepted twice.")
