"""``manage.py outbox_report``: what waits, what went wrong, by number only."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from careops.core import clock
from careops.core.models import HandlerRun

Make = Callable[..., list[HandlerRun]]


def report() -> list[str]:
    """The lines about the table under test."""
    out = StringIO()
    call_command("outbox_report", stdout=out)
    lines = out.getvalue().splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith("core.handlerrun"))
    end = next((i for i, line in enumerate(lines) if i > start and not line.startswith(" ")), len(lines))
    return lines[start:end]


@pytest.mark.django_db
def test_an_empty_table_says_so() -> None:
    assert report() == ["core.handlerrun: empty"]


@pytest.mark.django_db
def test_states_are_counted_the_oldest_unfinished_is_dated_and_what_needs_a_person_is_listed(
    rows: Make,
) -> None:
    created = clock.now() - timedelta(minutes=90, seconds=5)
    rows(2, state="completed", created_at=created - timedelta(days=9))
    rows(state="pending", created_at=created)
    first, second = rows(2, state="unknown", provider_ref="zelda@example.com")
    (failed,) = rows(state="failed")

    assert report() == [
        "core.handlerrun: 2 completed, 1 failed, 1 pending, 2 unknown",
        f"  oldest unfinished: {created:%Y-%m-%d %H:%M} UTC, 90 min ago",
        f"  unknown: {second.pk} {first.pk}",
        f"  failed: {failed.pk}",
    ]


@pytest.mark.django_db
def test_a_long_list_is_cut(rows: Make) -> None:
    rows(51, state="failed")

    (line,) = [line for line in report() if line.startswith("  failed:")]
    assert (len(line.split()), line.split()[-1]) == (52, "…")
