"""Errors to Sentry: what is logged as an error is reported, without any data of a person.

The SDK's own integrations would collect requests, SQL and log texts first and rely on scrubbing afterwards. None of
them is on: a report is made from the log record alone, and ``scrubbed`` lets through only what it names.
"""

import logging
import re
from typing import Any, cast

import sentry_sdk
from sentry_sdk.integrations.atexit import AtexitIntegration
from sentry_sdk.types import Event, Hint
from sentry_sdk.utils import event_from_exception

from careops import __version__
from careops.core.context import current_request_id

OF_EVENT = frozenset({"event_id", "timestamp", "platform", "level", "logger", "environment", "release"})
OF_EXCEPTION = frozenset({"type", "module"})
OF_FRAME = frozenset({"filename", "function", "module", "lineno", "in_app"})
TAGS = frozenset({"request_id", "task", "handler", "table"})
NAME = re.compile(r"[a-z_]+(\.[a-z_]+)*")


class ErrorReports(logging.Handler):
    """Reports every record it is given. Sending happens in a thread of the SDK's own."""

    def __init__(self, dsn: str, environment: str) -> None:
        super().__init__()
        sentry_sdk.init(
            dsn=dsn,
            environment=environment,
            release=f"careops@{__version__}",
            before_send=scrubbed,
            send_default_pii=False,
            include_local_variables=False,
            include_source_context=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
            default_integrations=False,
            auto_enabling_integrations=False,
            integrations=[AtexitIntegration(callback=lambda _pending, _timeout: None)],
            auto_session_tracking=False,
            send_client_reports=False,
            server_name="",
        )

    def emit(self, record: logging.LogRecord) -> None:
        """Report the record: its name, and its exception if it has one."""
        if record.name.startswith("sentry_sdk"):
            return
        said: dict[str, Any] = record.msg if isinstance(record.msg, dict) else {"event": str(record.msg)}
        error = said.get("exc_info") or record.exc_info
        event: Event = {}
        hint: Hint = {}
        if isinstance(error, BaseException) or (isinstance(error, tuple) and error[1] is not None):
            event, hint = event_from_exception(error, client_options=sentry_sdk.get_client().options)
        event["level"] = "fatal" if record.levelno >= logging.CRITICAL else "error"
        event["logger"] = record.name
        event["logentry"] = {"message": str(said.get("event", ""))}
        event["tags"] = {"request_id": current_request_id()} | {key: said[key] for key in TAGS & said.keys()}
        sentry_sdk.capture_event(event, hint=hint)


def scrubbed(event: Event, _hint: Hint) -> Event:
    """What may leave of a report, whoever made it: classes and places of exceptions, the error's name, our tags.

    Not: texts of exceptions, local variables, requests, users, breadcrumbs, host names.
    """
    given: dict[str, Any] = dict(event)
    said = str((given.get("logentry") or {}).get("message", ""))
    exceptions = (given.get("exception") or {}).get("values") or []
    kept = _only(given, OF_EVENT) | {
        # The name of an error of ours is a constant. What a library says may hold anything.
        "logentry": {"message": said if NAME.fullmatch(said) else f"{given.get('logger', '?')}: an error"},
        "tags": _only(given.get("tags") or {}, TAGS),
        "exception": {"values": [_exception(each) for each in exceptions]},
    }
    return cast("Event", kept)


def _exception(given: dict[str, Any]) -> dict[str, Any]:
    frames = (given.get("stacktrace") or {}).get("frames") or []
    return _only(given, OF_EXCEPTION) | {
        "stacktrace": {"frames": [_only(frame, OF_FRAME) for frame in frames]}
    }


def _only(given: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name in names}
