"""The files of ``deploy/`` and the page that uses them: what they name exists, and what the page types works."""

import configparser
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from django.core.management import get_commands
from django.db import connection
from psycopg import sql

from careops.core.metrics import exposition
from tests.services.processes import ROOT

DEPLOY = ROOT / "deploy"
PAGE = (ROOT / "docs" / "install.md").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
VARIABLES = set(
    re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "configuration.md").read_text(), re.MULTILINE)
)
NOT_OURS = {"PGPASSWORD", "POSTGRES_PASSWORD", "POSTGRES_USER"}
ODD = "p@ss:wörd/#%&? 'x'"
INVENTED = {
    "ENVIRONMENT": "production", "ALLOWED_HOSTS": "careops.example.com", "PUBLIC_URL": "https://careops.example.com",
    "CSRF_TRUSTED_ORIGINS": "https://careops.example.com", "EMAIL_URL": "smtp+tls://me:word@mail.example.com:587",
    "CAREOPS_ADMIN_PASSWORD": "a long invented password",
}  # fmt: skip


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", ["web", "worker"])
def test_a_unit_starts_what_the_procfile_starts_and_starts_it_again(name: str) -> None:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(DEPLOY / f"careops-{name}.service")
    procfile = dict(line.split(": exec ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
    assert unit["Service"]["ExecStart"] == f"/srv/careops/.venv/bin/{procfile[name]}"
    assert unit["Service"]["Restart"] == "always"
    assert unit["Service"]["EnvironmentFile"] == "/etc/careops.env"


@pytest.mark.django_db
def test_every_number_of_a_rule_is_told_by_metrics() -> None:
    rules = yaml.safe_load((DEPLOY / "prometheus-alerts.yml").read_text())["groups"][0]["rules"]
    named = {name for rule in rules for name in re.findall(r"careops_[a-z_]+", rule["expr"])}
    page = (ROOT / "docs" / "operations.md").read_text()
    told = set(re.findall(r"^\| `(careops_[a-z_]+)` \|", page, re.MULTILINE)) | {
        "careops_request_seconds_bucket"
    }
    assert len(rules) > 8
    assert named <= told
    assert b"careops_outbox_lag_seconds" in exposition()


def test_every_variable_of_the_page_and_of_compose_is_a_setting() -> None:
    written = {line.partition("=")[0] for block in blocks("ini") for line in block.splitlines()}
    passed = {name for service in COMPOSE["services"].values() for name in service["environment"]}
    assert {"DATABASE_URL", "SECRET_KEY"} <= written & passed
    assert (written | passed) - VARIABLES - NOT_OURS == set()


def test_every_command_of_the_page_exists() -> None:
    named = set(re.findall(r"manage\.py ([a-z_]+)", PAGE))
    assert {"migrate", "create_admin", "doctor"} <= named
    assert named <= set(get_commands())


def test_containers_come_up_the_first_time_and_fill_no_disk() -> None:
    services = COMPOSE["services"]
    assert "--host=127.0.0.1" in services["postgres"]["healthcheck"]["test"]
    for name, service in services.items():
        assert service["logging"]["options"]["max-size"], name
    for name in ("release", "web", "worker"):
        assert services[name]["init"] is True
        assert services[name]["environment"]["PORT"] == "8000"
        assert "PASSWORD" not in services[name]["environment"]["DATABASE_URL"]
    assert services["web"]["ports"] == ["127.0.0.1:8000:8000"]


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """A copy of the project in a folder of its own, and the settings of the page, with an odd password."""
    folder = tmp_path / "careops"
    ignored = shutil.ignore_patterns(
        ".venv", ".git", "var", "tests", "__pycache__", ".*_cache", ".hypothesis"
    )
    shutil.copytree(ROOT, folder, ignore=ignored)
    given = connection.settings_dict
    role, name = sql.Identifier("clinic_of_a_test"), sql.Identifier("clinic_of_a_test")
    server = {
        "host": given["HOST"],
        "port": given["PORT"],
        "user": given["USER"],
        "password": given["PASSWORD"],
    }
    with psycopg.connect(dbname="postgres", autocommit=True, **server) as owner:
        # As the page says it, with other names.
        owner.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, sql.Literal(ODD)))
        owner.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, role))
        env = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
        env["DATABASE_URL"] = f"postgres://clinic_of_a_test@{given['HOST']}:{given['PORT']}/clinic_of_a_test"
        yield folder, {**env, **INVENTED, "PGPASSWORD": ODD}
        owner.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
        owner.execute(sql.SQL("DROP ROLE {}").format(role))


def typed(folder: Path, env: dict[str, str], command: str) -> tuple[int, str]:
    words = [*map(str.strip, re.findall(r'"[^"]*"|\S+', command))][1:]
    done = subprocess.run(
        [sys.executable, *(word.strip('"') for word in words)],
        cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


@pytest.mark.postgres_only
@pytest.mark.django_db
def test_what_the_page_types_makes_an_installation(installation: tuple[Path, dict[str, str]]) -> None:
    folder, env = installation
    keys = dict(
        line.split("=", 1) for line in typed(folder, env, "python manage.py make_keys")[1].splitlines()
    )
    first = next(block for block in blocks("sh") if "create_admin" in block)
    said = {}
    for command in first.splitlines():
        name = command.split()[2]
        if name == "send_test_mail":
            continue  # it needs the clinic's own mail server
        code, said[name] = typed(folder, env | keys, command)
        assert code == 0, said[name]
    assert said["create_admin"] == "you@example.com is an admin now.\n"
    assert re.fullmatch(r"All \d+ hold\.", said["doctor"].splitlines()[-1])
