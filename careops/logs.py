"""Logs: one line per event, with the request id; JSON in production, readable in development.

An exception is logged as its class and its frames. Its text is left out: it may hold a person's data.
"""

import logging
import traceback
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, WrappedLogger

from careops.core.database_faults import code_of

MAX_FRAMES = 25


class WithoutPaths(logging.Filter):
    """Of Django's own lines about requests, keep the unhandled exceptions only, without the path.

    The access line tells the rest, by route: a path may hold a secret link.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = "request.failed", ()
        return bool(record.exc_info)


def exception_without_text(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace ``exc_info`` by the classes of the exception and its causes, the database's code and the frames."""
    info = event.pop("exc_info", None)
    if info is True or (isinstance(info, tuple) and info[1] is None):
        return event
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["error"] = " < ".join(_classes(error))
        if code := code_of(error):
            event["database_code"] = code
        frames = traceback.extract_tb(error.__traceback__)[-MAX_FRAMES:]
        event["frames"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return event


def _classes(error: BaseException) -> list[str]:
    names: list[str] = []
    link: BaseException | None = error
    while link is not None and len(names) < 5:
        names.append(type(link).__name__)
        link = link.__cause__
    return names


def _json(event: EventDict, **_options: Any) -> str:
    return orjson.dumps(event, default=str).decode()


def logging_config(*, level: str, json: bool, sentry_dsn: str = "", environment: str = "") -> dict[str, Any]:
    """The ``LOGGING`` setting: everything through one formatter to standard error, errors to Sentry as well.

    Every process configures its logs once, so this is where the reports begin. Without ``sentry_dsn`` nothing of
    them is imported.
    """
    shared = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer = (
        structlog.processors.JSONRenderer(serializer=_json)
        if json
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    stderr = {"class": "logging.StreamHandler", "formatter": "lines"}
    handlers: dict[str, dict[str, Any]] = {"stderr": stderr}
    if sentry_dsn:
        reports = {"()": "careops.error_reports.ErrorReports", "level": "ERROR"}
        handlers["reports"] = {**reports, "dsn": sentry_dsn, "environment": environment}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"without_paths": {"()": WithoutPaths}},
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    exception_without_text,
                    renderer,
                ],
            }
        },
        "handlers": handlers,
        "root": {"handlers": list(handlers), "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            "django-q": {"level": "WARNING"},
            "django.request": {"filters": ["without_paths"]},
            "django.server": {"handlers": [], "level": "CRITICAL", "propagate": True},
        },
    }


structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.filter_by_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
