"""What the tests of events, outbox and queue share."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from careops.core import events
from careops.core.models import Event, HandlerRun
from tests.core import handlers


@pytest.fixture
def handler_table(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The tests' own table of handlers instead of the roof's."""
    settings.EVENT_HANDLERS = "tests.core.handlers.HANDLERS"
    monkeypatch.setattr(handlers, "broken", True)
    events.handlers_of.cache_clear()
    yield
    events.handlers_of.cache_clear()


@pytest.fixture
def rows() -> Callable[..., list[HandlerRun]]:
    """Make outbox rows; ``fields`` are those of each. Its handler notes that it ran."""

    def make(count: int = 1, **fields: Any) -> list[HandlerRun]:
        made = []
        for _ in range(count):
            event = Event.objects.create(name="test.happened", subject_type="core.event", subject_id=1)
            wanted = {"handler": "tests.core.handlers.note", "dedup_key": f"handler:{event.pk}", **fields}
            made.append(HandlerRun.objects.create(event=event, **wanted))
        return made

    return make
