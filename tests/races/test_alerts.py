"""Two processes see the same fault in the same moment."""

import sys
from collections.abc import Callable
from pathlib import Path

from careops.core.models import Alert
from tests.races.alert_storm import SUBJECT, THREADS, TIMES
from tests.services import invariants
from tests.services.processes import Started


def test_all_who_raise_an_alert_at_once_count_on_one_open_row(
    start_process: Callable[..., Started], tmp_path: Path
) -> None:
    signal = tmp_path / "now"
    storms = [start_process([sys.executable, "-m", "tests.races.alert_storm", str(signal)]) for _ in range(2)]
    signal.touch()
    assert [storm.process.wait(timeout=60) for storm in storms] == [0, 0], storms[0].output()
    assert list(Alert.objects.filter(subject_type=SUBJECT).values_list("status", "count")) == [
        ("active", 2 * THREADS * TIMES)
    ]
    assert invariants.doubled_alerts() == []
