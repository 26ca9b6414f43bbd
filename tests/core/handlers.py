"""Handlers and sweeps that only the tests' tables name."""

import time

from careops.core.models import Event

HANDLERS = {
    "test.simple": ("tests.core.handlers.note", "tests.core.handlers.note_again"),
    "test.fragile": (
        "tests.core.handlers.note",
        "tests.core.handlers.note_and_fail",
        "tests.core.handlers.note_again",
    ),
}
SECRET_TEXT = "Zelda Example, +15550123"  # what an exception's text may hold
broken = True


def _note(event: Event, name: str) -> None:
    Event.objects.create(name=name, subject_type=event.subject_type, subject_id=event.pk)


def note(event: Event) -> None:
    _note(event, "test.noted")


def note_again(event: Event) -> None:
    _note(event, "test.noted_again")


def note_and_fail(event: Event) -> None:
    _note(event, "test.noted_by_the_fragile")
    if broken:
        raise LookupError(SECRET_TEXT)


def note_slowly(event: Event) -> None:
    time.sleep(0.3)
    _note(event, "test.noted")


def fail() -> None:
    raise LookupError(SECRET_TEXT)


def sweep() -> None:
    Event.objects.create(name="test.swept", subject_type="", subject_id=0)
