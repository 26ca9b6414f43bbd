"""How settings read the environment. Every value that cannot be understood is refused, without printing the value."""

import re
from collections.abc import Iterable
from functools import cache
from logging import getLevelNamesMapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
from django.core.exceptions import ImproperlyConfigured

from careops.core.field_keys import PASSPHRASE_LENGTH

YES = frozenset({"1", "true", "yes", "on"})
NO = frozenset({"0", "false", "no", "off", ""})
DATABASES = re.compile(r"(sqlite|postgres(ql)?)://")
MAIL_SERVERS = re.compile(r"smtp(s|\+tls|\+ssl)?://(\S+@)?([^/:@?\s]+|\[[0-9a-fA-F:]+\])(:[0-9]+)?/?(\?\S*)?")
# What the code relies on: a transaction is where a service begins one, and instants are read without a server's cursor.
FIXED_DATABASE_SETTINGS = frozenset({"ATOMIC_REQUESTS", "AUTOCOMMIT", "DISABLE_SERVER_SIDE_CURSORS"})
PAGE = Path(__file__).resolve().parent.parent / "docs" / "configuration.md"


class MustBe(ValueError):
    """A value that a reader below does not take. The text ends a sentence that begins with the variable's name."""


class Environment(environ.Env):
    """django-environ's reader. A value that begins with ``$`` is that value, not the name of another variable.

    The variable of a value that cannot be understood is ``refused``, and its default is read instead. Settings stop the
    start when all variables are read, so that one start names every fault.
    """

    def __init__(self) -> None:
        super().__init__()
        self.refusals: list[str] = []
        self.refused: set[str] = set()

    def refuse(self, sentence: str, *, setting: str, advice: str = "") -> None:
        """Note what is wrong with a setting, with an example of a right value where the documentation has one."""
        self.refused.add(setting)
        example = example_of(setting)
        lines = [sentence, f"Example: {setting}={example}" if example else "", advice]
        self.refusals.append("\n      ".join(line for line in lines if line))

    def get_value(
        self, var: str, cast: Any = None, default: Any = environ.Env.NOTSET, parse_default: bool = False
    ) -> Any:
        """The value of ``var`` by ``cast``, which raises ValueError for what it does not take."""
        if var not in self.ENVIRON:
            return default
        try:
            return self.parse_value(self.ENVIRON[var], yes_or_no if cast is bool else cast)
        except MustBe as error:
            self.refuse(f"{var} must {error}.", setting=var)
        except ValueError:
            self._not_understood(var)
        return default

    def db_url(self, var: str = "DATABASE_URL", default: Any = "", engine: Any = None) -> dict[str, Any]:
        """The database of ``var``, or of ``default`` when that is empty."""
        text = self.get_value(var, default="") or default
        try:
            found: dict[str, Any] = self.db_url_config(text, engine) if DATABASES.match(text) else {}
        except ValueError:
            found = {}
        if found and not FIXED_DATABASE_SETTINGS.isdisjoint(found):
            self.refuse(f"{var} must not set {_names(FIXED_DATABASE_SETTINGS)}.", setting=var)
        elif not found:
            self._not_understood(var)
        return found or dict(self.db_url_config(default, engine))

    def email_url(self, var: str = "EMAIL_URL", default: Any = "", backend: Any = None) -> dict[str, Any]:
        """The mail server of ``var``: a URL of SMTP with a host."""
        text = self.get_value(var, default="")
        try:
            found: dict[str, Any] = (
                self.email_url_config(text, backend) if MAIL_SERVERS.fullmatch(text) else {}
            )
        except ValueError:
            found = {}
        if not found:
            self._not_understood(var)
        return found

    def _not_understood(self, var: str) -> None:
        self.refuse(f"{var} cannot be understood.", setting=var)

    def stop_when_refused(self) -> None:
        """Raise ImproperlyConfigured with everything that was refused."""
        if self.refusals:
            count = "1 setting is" if len(self.refusals) == 1 else f"{len(self.refusals)} settings are"
            lines = [f"{count} missing or wrong. docs/configuration.md explains each.", *self.refusals]
            raise ImproperlyConfigured("\n  - ".join(lines))


@cache
def example_of(setting: str) -> str:
    """The example of a value that docs/configuration.md gives for the setting; empty where it gives none."""
    row = re.compile(rf"\| `{setting}` \|.*\| `([^`]*)` \|")
    text = PAGE.read_text() if PAGE.is_file() else ""
    found = next((match for line in text.splitlines() if (match := row.fullmatch(line))), None)
    return found[1] if found else ""


def _names(names: Iterable[str]) -> str:
    return " or ".join(sorted(name.lower() for name in names))


def yes_or_no(text: str) -> bool:
    word = text.strip().lower()
    if word not in YES | NO:
        raise ValueError
    return word in YES


def kind_of_installation(text: str) -> str:
    if text not in {"development", "production"}:
        raise MustBe("be 'development' or 'production'")
    return text


def sign_up_role(text: str) -> str:
    if text not in {"client", "professional"}:
        raise MustBe("hold 'client' and 'professional' only")
    return text


def field_key(text: str) -> str:
    """A key that can seal stored secrets: 44 characters of base64, or a passphrase."""
    if len(text) < PASSPHRASE_LENGTH:
        raise ValueError
    return text


def web_address(text: str) -> str:
    """An address of the web: http or https, with a host."""
    if text and not re.fullmatch(r"https?://[^\s/?#@]+([/?]\S*)?", text):
        raise ValueError
    return text


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


def kept_days(text: str) -> tuple[str, int]:
    """A kind of rows and for how many days it is kept, as ``messages:730``."""
    found = re.fullmatch(r"(\w+):(\d{1,5})", text.strip())
    if found is None:
        raise ValueError
    return found[1], int(found[2])


def log_level(text: str) -> str:
    if text not in getLevelNamesMapping():
        raise ValueError
    return text


def sentry_dsn(text: str) -> str:
    """The address of a project at Sentry: ``https://key@host/number``."""
    if text and not re.fullmatch(r"https?://\w+(:\w+)?@[\w.-]+(:\d+)?(/[\w.-]+)*/\d+", text):
        raise ValueError
    return text


def form_url(text: str) -> str:
    """An address of a form: https, or http on this machine; ``{booking_id}`` in it stands for the booking's number."""
    plain = text.strip().replace("{booking_id}", "1")
    if plain and not re.fullmatch(r"(https://[^\s{}]+|http://(localhost|127\.0\.0\.1)[:/][^\s{}]*)", plain):
        raise ValueError
    return text.strip()


def rate(text: str) -> str:
    """So many in a second, minute, hour or day: ``5/min``."""
    if not re.fullmatch(r"[1-9][0-9]{0,8}/[smhd][a-z]*", text):
        raise ValueError
    return text
