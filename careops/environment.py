"""How settings read the environment: what cannot be understood stops the start, in a sentence without the value."""

import re
from logging import getLevelNamesMapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
from django.core.exceptions import ImproperlyConfigured

YES = frozenset({"1", "true", "yes", "on"})
NO = frozenset({"0", "false", "no", "off", ""})
DATABASES = re.compile(r"(sqlite|postgres(ql)?)://")


class Environment(environ.Env):
    """django-environ's reader. A value that begins with ``$`` is that value, not the name of another variable."""

    def get_value(
        self, var: str, cast: Any = None, default: Any = environ.Env.NOTSET, parse_default: bool = False
    ) -> Any:
        """The value of ``var`` by ``cast``, which raises ValueError for what it does not take."""
        if var not in self.ENVIRON:
            return default
        try:
            return self.parse_value(self.ENVIRON[var], yes_or_no if cast is bool else cast)
        except ValueError:
            raise not_understood(var) from None

    def db_url(self, var: str = "DATABASE_URL", default: Any = "", engine: Any = None) -> dict[str, Any]:
        """The database of ``var``, or of ``default`` when that is empty."""
        text = self.get_value(var, default="") or default
        if not DATABASES.match(text):
            raise not_understood(var)
        try:
            found: dict[str, Any] = self.db_url_config(text, engine)
        except ValueError:
            raise not_understood(var) from None
        return found

    def email_url(self, var: str = "EMAIL_URL", default: Any = "", backend: Any = None) -> dict[str, Any]:
        try:
            found: dict[str, Any] = super().email_url(var, default, backend)
        except (ValueError, ImproperlyConfigured):
            raise not_understood(var) from None
        return found


def not_understood(var: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{var} cannot be understood; docs/configuration.md says what it may be.")


def yes_or_no(text: str) -> bool:
    word = text.strip().lower()
    if word not in YES | NO:
        raise ValueError
    return word in YES


def time_zone(text: str) -> str:
    """A name of the time zone database."""
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, OSError):
        raise ValueError from None


def days(text: str) -> int:
    """A number of days, up to ten years."""
    if not re.fullmatch(r"[0-9]{1,4}", text.strip()) or int(text) > 3650:
        raise ValueError
    return int(text)


def positive(text: str) -> int:
    """A whole number from 1 to 100000."""
    if not re.fullmatch(r"[0-9]{1,6}", text.strip()) or not 1 <= int(text) <= 100_000:
        raise ValueError
    return int(text)


def file_type(text: str) -> str:
    """A kind of file that can be told by its content."""
    if text not in {"application/pdf", "image/jpeg", "image/png", "image/webp", "image/heic"}:
        raise ValueError
    return text


def pair(text: str) -> tuple[str, str]:
    """Two names, as ``ours:theirs``; the second may be empty."""
    found = re.fullmatch(r"(\w+):(\w*)", text.strip())
    if found is None:
        raise ValueError
    return found[1], found[2]


def log_level(text: str) -> str:
    if text not in getLevelNamesMapping():
        raise ValueError
    return text


def sentry_dsn(text: str) -> str:
    """The address of a project at Sentry: ``https://key@host/number``."""
    if text and not re.fullmatch(r"https?://\w+(:\w+)?@[\w.-]+(:\d+)?(/[\w.-]+)*/\d+", text):
        raise ValueError
    return text


def rate(text: str) -> str:
    """So many in a second, minute, hour or day: ``5/min``."""
    if not re.fullmatch(r"[1-9][0-9]{0,8}/[smhd][a-z]*", text):
        raise ValueError
    return text
