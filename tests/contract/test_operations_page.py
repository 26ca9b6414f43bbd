"""``docs/operations.md`` says what to do about every alert there is, and tells every number of ``/metrics``."""

import re

import pytest

from careops.core import alerts, metrics, queue
from tests.services.processes import ROOT

PAGE = (ROOT / "docs" / "operations.md").read_text()


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(title: str) -> list[str]:
    return re.findall(r"^\| `([a-z_]+)` \|", section(title), re.MULTILINE)


def test_every_kind_of_alert_is_told() -> None:
    ours = {name for name in alerts.kinds() if not name.startswith("test_")}
    assert len(ours) > 5
    assert sorted(rows("What to do about each alert")) == sorted(ours)


@pytest.mark.django_db
def test_every_number_is_told() -> None:
    queue.beat()
    metrics.observe(method="GET", route="/api/health", status=200, seconds=0.01)
    told = metrics.exposition().decode()
    assert sorted(rows("Metrics")) == sorted(re.findall(r"^# TYPE (\w+) ", told, re.MULTILINE))


def test_every_command_and_variable_of_the_page_exists() -> None:
    commands = set(re.findall(r"manage\.py ([a-z_]+)", PAGE))
    ours = {path.stem for path in ROOT.glob("*/**/management/commands/*.py") if ".venv" not in path.parts}
    assert commands - ours == {"migrate", "collectstatic", "qcluster"}
    explained = (ROOT / "docs" / "configuration.md").read_text()
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)", PAGE))
    assert len(named) > 15
    assert {name for name in named if f"| `{name}` |" not in explained} == set()
