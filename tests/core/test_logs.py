import json
import logging
import sys
from typing import Any

import pytest
from structlog.contextvars import bound_contextvars

from careops.logs import logging_config


def line(record: logging.LogRecord) -> dict[str, Any]:
    """The record as production writes it."""
    options = dict(logging_config(level="INFO", json=True)["formatters"]["lines"])
    formatter = options.pop("()")(**options)
    return json.loads(formatter.format(record))


def record(text: str, *args: Any, exc_info: Any = None) -> logging.LogRecord:
    return logging.LogRecord("some.library", logging.WARNING, __file__, 1, text, args, exc_info)


def test_a_line_of_any_library_carries_the_request_id() -> None:
    with bound_contextvars(request_id="desk-0001"):
        written = line(record("slow: %s ms", 12))
    assert {key: written[key] for key in ("event", "level", "logger", "request_id")} == {
        "event": "slow: 12 ms",
        "level": "warning",
        "logger": "some.library",
        "request_id": "desk-0001",
    }
    assert written["timestamp"].endswith("Z")


def test_an_exception_is_its_classes_and_its_places() -> None:
    try:
        try:
            raise KeyError("Grace Example")
        except KeyError as cause:
            raise RuntimeError("+15550100200") from cause
    except RuntimeError:
        written = line(record("failed", exc_info=sys.exc_info()))
    assert written["error"] == "RuntimeError < KeyError"
    (frame,) = written["frames"]
    assert frame.endswith(test_an_exception_is_its_classes_and_its_places.__name__)
    assert "Grace" not in json.dumps(written)
    assert "5550100200" not in json.dumps(written)


@pytest.mark.parametrize("value", [object(), {1, 2}, b"x"])
def test_a_value_that_json_does_not_know_breaks_no_line(value: Any) -> None:
    made = record("odd")
    made.msg = {"event": "odd", "value": value}
    assert line(made)["level"] == "warning"
