"""The environment's variables: what is read, what the pages say about it, and which values stop the start."""

import ast
import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.tree import files, parsed
from tests.services.processes import ROOT, free_port

SETTINGS = ROOT / "careops" / "settings.py"
PAGE, _, ELSEWHERE = (ROOT / "docs" / "configuration.md").read_text().partition("## Read elsewhere")
EXAMPLE = dict(re.findall(r"^#([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
ROWS = {
    name: (default, meaning, example)
    for name, default, meaning, example in re.findall(
        r"^\| `([A-Z_]+)` \| (.*?) \| (.*) \| (.*?) ?\|$", PAGE, re.MULTILINE
    )
}
SET_BY_TESTS = {"PATH"}
MAKE_ITSELF = {"PY", "PYTEST"}


def reads() -> Iterator[tuple[str, ast.Call]]:
    """Each variable that the settings read, and the call."""
    for node in ast.walk(parsed(SETTINGS)):
        if isinstance(node, ast.Call):
            reader = node.func.value if isinstance(node.func, ast.Attribute) else node.func
            if isinstance(reader, ast.Name) and reader.id == "env" and isinstance(node.args[0], ast.Constant):
                yield str(node.args[0].value), node


def literal_defaults() -> dict[str, str]:
    """The defaults that are plain values, as the environment would write them."""
    found = {}
    for name, call in reads():
        for keyword in call.keywords:
            if keyword.arg == "default":
                try:
                    value = ast.literal_eval(keyword.value)
                except ValueError:  # it depends on another setting
                    continue
                found[name] = written(value)
    return found


def written(value: object) -> str:
    match value:
        case bool():
            return str(int(value))
        case list():
            return ",".join(map(str, value))
    return str(value)


def test_the_page_tells_every_variable_that_settings_read() -> None:
    assert len(ROWS) > 40
    assert sorted(ROWS) == sorted({name for name, _ in reads()})


def test_the_example_file_lists_what_the_page_tells_in_its_order() -> None:
    assert list(EXAMPLE) == list(ROWS)


def test_the_example_file_holds_the_defaults_of_the_page() -> None:
    told = {
        name: default.split("`")[1] if default.startswith("`") else ""
        for name, (default, _, _) in ROWS.items()
    }
    assert told == EXAMPLE


def test_the_defaults_of_the_page_are_those_of_the_settings() -> None:
    assert {name: EXAMPLE[name] for name in literal_defaults()} == literal_defaults()


def test_every_variable_has_a_meaning_and_those_without_a_value_an_example() -> None:
    assert [name for name, (_, meaning, _) in ROWS.items() if not meaning.endswith(".")] == []


def test_the_page_tells_every_variable_that_is_read_elsewhere() -> None:
    patterns = [r'environ\.(?:get|setdefault)\(\s*"([A-Z_]+)"', r"\$\{([A-Z_]+):[-?]"]
    texts = [
        path.read_text() for path in files() if path.suffix in {".py", ".yaml", ""} or path.name == "Procfile"
    ]
    found = {name for text in texts for pattern in patterns for name in re.findall(pattern, text)}
    made = set(re.findall(r"\$\(([A-Z]+)\)", (ROOT / "Makefile").read_text()))
    told = re.findall(r"^\| `([A-Z_]+)` \|", ELSEWHERE, re.MULTILINE)
    assert sorted(told) == sorted((found | made) - set(ROWS) - SET_BY_TESTS - MAKE_ITSELF)


SAFE = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": secrets.token_urlsafe(64),
    "JWT_SECRET_KEY": secrets.token_urlsafe(64),
    "FIELD_ENCRYPTION_KEYS": secrets.token_urlsafe(64),
    "ALLOWED_HOSTS": "careops.example.com",
    "ALLOWED_ORIGINS": "https://careops.example.com",
    "CSRF_TRUSTED_ORIGINS": "https://careops.example.com",
    "DEBUG": "0",
}
DEFAULT_KEY = "development-only-key-that-production-refuses-to-start-with"
NEEDS_SECRET = "{} must be a random secret of at least 50 characters in production."
NEEDS_HOSTS = "ALLOWED_HOSTS must name the hosts of this installation in production."
NO_STAR = "ALLOWED_ORIGINS and CSRF_TRUSTED_ORIGINS must not contain '*' in production."
UNREADABLE = "{} cannot be understood; docs/configuration.md says what it may be."
NONSENSE = [
    ("SECRET_KEY", None, NEEDS_SECRET.format("SECRET_KEY")),
    ("SECRET_KEY", "", NEEDS_SECRET.format("SECRET_KEY")),
    ("SECRET_KEY", DEFAULT_KEY, NEEDS_SECRET.format("SECRET_KEY")),
    ("SECRET_KEY", "short-but-not-guessable-7Kq", NEEDS_SECRET.format("SECRET_KEY")),
    ("SECRET_KEY", "a" * 80, NEEDS_SECRET.format("SECRET_KEY")),
    ("JWT_SECRET_KEY", DEFAULT_KEY, NEEDS_SECRET.format("JWT_SECRET_KEY")),
    ("JWT_SECRET_KEY", "short-but-not-guessable-7Kq", NEEDS_SECRET.format("JWT_SECRET_KEY")),
    ("DEBUG", "1", "DEBUG must be off in production."),
    ("DEBUG", "trrue", UNREADABLE.format("DEBUG")),
    ("ALLOWED_HOSTS", None, NEEDS_HOSTS),
    ("ALLOWED_HOSTS", "*", NEEDS_HOSTS),
    ("ALLOWED_HOSTS", "careops.example.com,*", NEEDS_HOSTS),
    ("SENTRY_DSN", "sentry.example.com", UNREADABLE.format("SENTRY_DSN")),
    ("ALLOWED_ORIGINS", "*", NO_STAR),
    ("ALLOWED_ORIGINS", "https://*.example.com", NO_STAR),
    ("CSRF_TRUSTED_ORIGINS", "https://*.example.com", NO_STAR),
    ("ENVIRONMENT", "prod", "ENVIRONMENT must be 'development' or 'production'."),
    ("OPEN_SIGNUP_ROLES", "client,admin", "OPEN_SIGNUP_ROLES may only hold 'client' and 'professional'."),
    ("THROTTLES_ENABLED", "yess", UNREADABLE.format("THROTTLES_ENABLED")),
    ("THROTTLE_API", "often", UNREADABLE.format("THROTTLE_API")),
    ("PORT", "http", UNREADABLE.format("PORT")),
    ("STOCK_EXPIRY_ALERT_DAYS", "30,soon", UNREADABLE.format("STOCK_EXPIRY_ALERT_DAYS")),
    ("STOCK_EXPIRY_ALERT_DAYS", "30,-7", UNREADABLE.format("STOCK_EXPIRY_ALERT_DAYS")),
    ("TIME_ZONE", "Mars/Olympus", UNREADABLE.format("TIME_ZONE")),
    ("LOG_LEVEL", "LOUD", UNREADABLE.format("LOG_LEVEL")),
    ("DATABASE_URL", "mysqlx://me:word-of-mine@db/careops", UNREADABLE.format("DATABASE_URL")),
    ("DATABASE_URL", "postgres://me:word-of-mine@db:port/careops", UNREADABLE.format("DATABASE_URL")),
    ("EMAIL_URL", "smtp://me:word-of-mine@mail:port", UNREADABLE.format("EMAIL_URL")),
]


def environment(**changes: str | None) -> dict[str, str]:
    """A safe production's environment with ``changes``; None takes a variable away."""
    # A browser test in this process has told Django that its thread may wait; no installation does.
    unsafe = "DJANGO_ALLOW_ASYNC_UNSAFE"
    bare = {name: value for name, value in os.environ.items() if name not in ROWS and name != unsafe}
    wanted = {**bare, "DATABASE_URL": "sqlite:///:memory:", **SAFE, **changes}
    wanted["DJANGO_SETTINGS_MODULE"] = "careops.settings"
    return {name: value for name, value in wanted.items() if value is not None}


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As much of the project as settings need, without a developer's ``.env``."""
    folder = tmp_path_factory.mktemp("bare")
    shutil.copytree(ROOT / "careops", folder / "careops")
    shutil.copy(ROOT / "manage.py", folder)
    return folder


def run(command: list[str], *, cwd: Path = ROOT, **changes: str | None) -> tuple[int, str]:
    """The exit code of ``command`` under ``environment(**changes)``, and everything it printed."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env=environment(**changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("name", "value", "sentence"), NONSENSE, ids=[f"{name}={value}"[:40] for name, value, _ in NONSENSE]
)
def test_nonsense_stops_the_start_in_one_sentence_without_the_value(
    bare: Path, name: str, value: str | None, sentence: str
) -> None:
    stopped = (1, f"CareOps cannot start: {sentence}\n")
    assert run(["manage.py", "check"], cwd=bare, **{name: value}) == stopped


def test_the_same_environment_without_nonsense_starts() -> None:
    said = run(["manage.py", "check", "--deploy", "--fail-level", "WARNING"])
    assert said == (0, "System check identified no issues (0 silenced).\n")


def test_a_key_that_begins_with_a_dollar_sign_is_that_key() -> None:
    key = "$" + secrets.token_urlsafe(64)
    read = "from careops import settings; print(settings.SECRET_KEY, end='')"
    assert run(["-c", read], SECRET_KEY=key) == (0, key)


def test_the_web_server_stops_with_the_same_sentence(bare: Path) -> None:
    server = ["-m", "granian", "--interface", "wsgi", "--port", str(free_port()), "--blocking-threads", "1"]
    code, said = run([*server, "--log-level", "error", "careops.wsgi:application"], cwd=bare, DEBUG="1")
    assert code != 0
    assert "CareOps cannot start: DEBUG must be off in production.\n" in said
    assert "Traceback" not in said
