"""The environment's variables: what is read, what the pages say about it, and which values stop the start."""

import ast
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from careops.production import RISKS
from tests.contract.tree import files, parsed
from tests.services.processes import ROOT

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
    "PUBLIC_URL": "https://careops.example.com",
    "EMAIL_URL": "smtp+tls://careops:word-of-mine@mail.example.com:587",
    "DEBUG": "0",
}
DEFAULT_KEY = "development-only-key-that-production-refuses-to-start-with"
NO_SECRET = "{} is missing or is the public development key."
NEEDS_SECRET = "{} must be a random secret of at least 50 characters."
NEEDS_HOSTS = "ALLOWED_HOSTS must name the hosts of this installation."
NO_STAR = "{} must not contain '*'."
UNREADABLE = "{} cannot be understood."
MISSING = "{} is missing."
NEEDS_HTTPS = "{} must begin with https://."
ONE_FAULT = "CareOps cannot start: 1 setting is missing or wrong. docs/configuration.md explains each."
NONSENSE = [
    ("SECRET_KEY", None, NO_SECRET.format("SECRET_KEY")),
    ("SECRET_KEY", "", NO_SECRET.format("SECRET_KEY")),
    ("SECRET_KEY", DEFAULT_KEY, NO_SECRET.format("SECRET_KEY")),
    ("SECRET_KEY", "short-but-not-guessable-7Kq", NEEDS_SECRET.format("SECRET_KEY")),
    ("SECRET_KEY", "a" * 80, NEEDS_SECRET.format("SECRET_KEY")),
    ("JWT_SECRET_KEY", DEFAULT_KEY, NO_SECRET.format("JWT_SECRET_KEY")),
    ("JWT_SECRET_KEY", "short-but-not-guessable-7Kq", NEEDS_SECRET.format("JWT_SECRET_KEY")),
    ("FIELD_ENCRYPTION_KEYS", None, MISSING.format("FIELD_ENCRYPTION_KEYS")),
    ("FIELD_ENCRYPTION_KEYS", "", MISSING.format("FIELD_ENCRYPTION_KEYS")),
    ("FIELD_ENCRYPTION_KEYS", "short-but-not-guessable-7Kq", UNREADABLE.format("FIELD_ENCRYPTION_KEYS")),
    ("FIELD_ENCRYPTION_KEYS", "a" * 44, "FIELD_ENCRYPTION_KEYS must hold random keys."),
    ("DATABASE_URL", None, MISSING.format("DATABASE_URL")),
    ("DATABASE_URL", "", MISSING.format("DATABASE_URL")),
    ("EMAIL_URL", None, MISSING.format("EMAIL_URL")),
    ("EMAIL_URL", "", MISSING.format("EMAIL_URL")),
    ("EMAIL_URL", "filemail:///word-of-mine", UNREADABLE.format("EMAIL_URL")),
    ("EMAIL_URL", "smtp://", UNREADABLE.format("EMAIL_URL")),
    ("PUBLIC_URL", None, MISSING.format("PUBLIC_URL")),
    ("PUBLIC_URL", "http://careops.example.com", NEEDS_HTTPS.format("PUBLIC_URL")),
    ("PUBLIC_URL", "careops.example.com", UNREADABLE.format("PUBLIC_URL")),
    ("FRONT_END_URL", "http://front.example.com", NEEDS_HTTPS.format("FRONT_END_URL")),
    ("SIGN_UP_URL", "http://front.example.com/join", NEEDS_HTTPS.format("SIGN_UP_URL")),
    ("SIKKA_BASE_URL", "http://api.example.com", NEEDS_HTTPS.format("SIKKA_BASE_URL")),
    ("NOCODEBACKEND_BASE_URL", "http://api.example.com", NEEDS_HTTPS.format("NOCODEBACKEND_BASE_URL")),
    ("DEBUG", "1", "DEBUG must be off: its pages show settings and data."),
    ("DEBUG", "trrue", UNREADABLE.format("DEBUG")),
    ("ALLOWED_HOSTS", None, NEEDS_HOSTS),
    ("ALLOWED_HOSTS", "*", NEEDS_HOSTS),
    ("ALLOWED_HOSTS", "careops.example.com,*", NEEDS_HOSTS),
    ("SENTRY_DSN", "sentry.example.com", UNREADABLE.format("SENTRY_DSN")),
    ("ALLOWED_ORIGINS", "https://*.example.com", NO_STAR.format("ALLOWED_ORIGINS")),
    ("ALLOWED_ORIGINS", "http://front.example.com",
     "The first of ALLOWED_ORIGINS must begin with https://, or FRONT_END_URL must be given."),
    ("CSRF_TRUSTED_ORIGINS", "https://*.example.com", NO_STAR.format("CSRF_TRUSTED_ORIGINS")),
    ("ENVIRONMENT", "prod", "ENVIRONMENT must be 'development' or 'production'."),
    ("OPEN_SIGNUP_ROLES", "client,admin", "OPEN_SIGNUP_ROLES must hold 'client' and 'professional' only."),
    ("THROTTLES_ENABLED", "yess", UNREADABLE.format("THROTTLES_ENABLED")),
    ("THROTTLE_API", "often", UNREADABLE.format("THROTTLE_API")),
    ("PORT", "http", UNREADABLE.format("PORT")),
    ("STOCK_EXPIRY_ALERT_DAYS", "30,soon", UNREADABLE.format("STOCK_EXPIRY_ALERT_DAYS")),
    ("STOCK_EXPIRY_ALERT_DAYS", "30,-7", UNREADABLE.format("STOCK_EXPIRY_ALERT_DAYS")),
    ("INTAKE_FORM_URL", "http://forms.example.com", UNREADABLE.format("INTAKE_FORM_URL")),
    ("INTAKE_FORM_URL", "https://forms.example.com/{name}", UNREADABLE.format("INTAKE_FORM_URL")),
    ("TIME_ZONE", "Mars/Olympus", UNREADABLE.format("TIME_ZONE")),
    ("LOG_LEVEL", "LOUD", UNREADABLE.format("LOG_LEVEL")),
    ("DATABASE_URL", "mysqlx://me:word-of-mine@db/careops", UNREADABLE.format("DATABASE_URL")),
    ("DATABASE_URL", "postgres://me:word-of-mine@db:port/careops", UNREADABLE.format("DATABASE_URL")),
    ("DATABASE_URL", "postgres://me:word-of-mine@db/careops?atomic_requests=1",
     "DATABASE_URL must not set atomic_requests or autocommit or disable_server_side_cursors."),
    ("EMAIL_URL", "smtp://me:word-of-mine@mail:port", UNREADABLE.format("EMAIL_URL")),
]  # fmt: skip
# What accepts a fault, and by which value of which variable the fault is made.
ACCEPTABLE = {
    "no-database-url": ("DATABASE_URL", None),
    "no-mail": ("EMAIL_URL", None),
    "no-public-url": ("PUBLIC_URL", None),
    "plain-http": ("PUBLIC_URL", "http://careops.example.com"),
    "plain-http-outside": ("SIKKA_BASE_URL", "http://api.example.com"),
    "any-host": ("ALLOWED_HOSTS", None),
    "weak-keys": ("SECRET_KEY", "short-but-not-guessable-7Kq"),
    "shared-key": ("FIELD_ENCRYPTION_KEYS", None),
}
SILENT = "System check identified no issues (0 silenced).\n"
DEPLOY = ["manage.py", "check", "--deploy", "--fail-level", "ERROR"]


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
    (folder / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "configuration.md", folder / "docs")
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
    code, said = run(["manage.py", "check"], cwd=bare, **{name: value})
    first, fault, *_ = said.splitlines()
    assert (code, first, fault) == (1, ONE_FAULT, f"  - {sentence}")
    without_example = "\n".join(line for line in said.splitlines() if not line.startswith("      Example: "))
    assert value is None or len(value) < 8 or value not in without_example
    assert "word-of-mine" not in said
    assert "Traceback" not in said


def test_one_start_names_every_fault_with_an_example_and_what_accepts_it(bare: Path) -> None:
    broken: dict[str, Any] = dict.fromkeys(("SECRET_KEY", "EMAIL_URL", "DATABASE_URL", "ALLOWED_HOSTS"))
    code, said = run(
        ["manage.py", "migrate"], cwd=bare, **broken, PORT="http", PUBLIC_URL="http://a.example.com"
    )
    assert code == 1
    assert said.splitlines() == [
        "CareOps cannot start: 6 settings are missing or wrong. docs/configuration.md explains each.",
        "  - PORT cannot be understood.",
        "      Example: PORT=8080",
        "  - SECRET_KEY is missing or is the public development key.",
        "      `python manage.py make_keys` prints keys.",
        "  - ALLOWED_HOSTS must name the hosts of this installation.",
        "      Example: ALLOWED_HOSTS=careops.example.com",
        f"      ACCEPTED_RISKS=any-host starts nevertheless. {RISKS['any-host']}",
        "  - DATABASE_URL is missing.",
        "      Example: DATABASE_URL=postgres://careops:a-password@127.0.0.1:5432/careops",
        f"      ACCEPTED_RISKS=no-database-url starts nevertheless. {RISKS['no-database-url']}",
        "  - EMAIL_URL is missing.",
        "      Example: EMAIL_URL=smtp+tls://careops:a-password@mail.example.com:587",
        f"      ACCEPTED_RISKS=no-mail starts nevertheless. {RISKS['no-mail']}",
        "  - PUBLIC_URL must begin with https://.",
        "      Example: PUBLIC_URL=https://careops.example.com",
        f"      ACCEPTED_RISKS=plain-http starts nevertheless. {RISKS['plain-http']}",
    ]


@pytest.mark.parametrize("command", [["worker"], ["worker", "--cluster"], ["qcluster"], ["doctor"], ["web"]])
def test_every_process_and_command_makes_the_same_checks(bare: Path, command: list[str]) -> None:
    stopped = run(["manage.py", "check"], cwd=bare, EMAIL_URL=None)
    assert (stopped[0], "EMAIL_URL is missing." in stopped[1]) == (1, True)
    assert run(["manage.py", *command], cwd=bare, EMAIL_URL=None) == stopped


def test_the_served_application_makes_the_same_checks(bare: Path) -> None:
    stopped = run(["manage.py", "check"], cwd=bare, EMAIL_URL=None)
    assert run(["-c", "import careops.wsgi"], cwd=bare, EMAIL_URL=None) == stopped


@pytest.mark.parametrize("risk", sorted(ACCEPTABLE))
def test_an_accepted_risk_starts_and_is_a_warning_of_the_check(risk: str) -> None:
    name, value = ACCEPTABLE[risk]
    changes: dict[str, Any] = {name: value, "ACCEPTED_RISKS": risk}
    code, said = run(DEPLOY, **changes)
    assert (code, said.count("careops.W001"), RISKS[risk] in said) == (0, 1, True)
    assert run(DEPLOY, **{**changes, "ACCEPTED_RISKS": None})[0] == 1


def test_every_risk_has_a_test_and_stands_on_the_page() -> None:
    assert sorted(RISKS) == sorted(ACCEPTABLE)
    told = re.findall(r"^\| `([a-z-]+)` \|", PAGE, re.MULTILINE)
    assert sorted(told) == sorted(RISKS)


def test_a_risk_that_does_not_exist_is_refused_with_the_names_that_do(bare: Path) -> None:
    code, said = run(["manage.py", "check"], cwd=bare, ACCEPTED_RISKS="no-mail,everything")
    assert (code, f"ACCEPTED_RISKS must hold these names only: {', '.join(RISKS)}.\n" in said) == (1, True)


def test_a_risk_that_is_accepted_and_not_taken_is_no_warning() -> None:
    assert run(DEPLOY, ACCEPTED_RISKS="no-mail,plain-http") == (0, SILENT)


def test_the_command_for_keys_needs_no_settings_and_its_lines_start_production(bare: Path) -> None:
    code, said = run(["manage.py", "make_keys"], cwd=bare, SECRET_KEY=None, EMAIL_URL=None, PORT="http")
    lines: dict[str, Any] = dict(line.split("=", 1) for line in said.splitlines())
    assert (code, sorted(lines)) == (0, ["FIELD_ENCRYPTION_KEYS", "JWT_SECRET_KEY", "SECRET_KEY"])
    assert run(DEPLOY, **lines) == (0, SILENT)
    assert said != run(["manage.py", "make_keys"], cwd=bare)[1]


def read_database(url: str) -> dict[str, Any]:
    """The DATABASES setting that a process with this DATABASE_URL has."""
    show = "import json; from careops import settings; print(json.dumps(settings.DATABASES['default']))"
    code, said = run(["-c", show], DATABASE_URL=url)
    assert code == 0, said
    found: dict[str, Any] = json.loads(said)
    return found


def test_options_and_the_age_of_connections_in_the_address_of_the_database_win() -> None:
    query = "conn_max_age=0&connect_timeout=2&application_name=desk&options=-c%20statement_timeout%3D9s"
    plain = read_database("postgres://me@db/careops")
    given = read_database(f"postgres://me@db/careops?{query}")
    assert (plain["CONN_MAX_AGE"], plain["OPTIONS"]["options"]) == (600, "-c lock_timeout=3000")
    assert given["CONN_MAX_AGE"] == 0
    assert given["OPTIONS"] == {
        **plain["OPTIONS"],
        "connect_timeout": 2,
        "application_name": "desk",
        "options": "-c lock_timeout=3000 -c statement_timeout=9s",
    }


def test_options_in_the_address_of_a_sqlite_file_win() -> None:
    plain = read_database("sqlite:////srv/careops.sqlite3")["OPTIONS"]
    given = read_database("sqlite:////srv/careops.sqlite3?timeout=3&init_command=PRAGMA%20cache_size%3D9;")
    assert given["OPTIONS"] == {
        **plain,
        "timeout": 3,
        "init_command": f"{plain['init_command']} PRAGMA cache_size=9;",
    }


def test_the_same_environment_without_nonsense_starts() -> None:
    assert run(["manage.py", "check", "--deploy", "--fail-level", "WARNING"]) == (0, SILENT)


def test_a_key_that_begins_with_a_dollar_sign_is_that_key() -> None:
    key = "$" + secrets.token_urlsafe(64)
    read = "from careops import settings; print(settings.SECRET_KEY, end='')"
    assert run(["-c", read], SECRET_KEY=key) == (0, key)
