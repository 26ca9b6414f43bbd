"""Fixtures that every test may use. Real servers are in ``tests/services/``."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from tests.services import run

pytest_plugins = [
    "tests.services.browser",
    "tests.services.processes",
    "tests.services.redis",
    "tests.services.sandbox",
]

OTHER_ENGINE = {"postgres_only": ("sqlite", "PostgreSQL"), "sqlite_only": ("postgres", "SQLite")}


def pytest_report_header() -> str:
    return f"database: {run.ENGINE}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for marker, (skipped_on, needed) in OTHER_ENGINE.items():
            if skipped_on == run.ENGINE and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=f"The rule under test exists on {needed} only."))


@pytest.fixture(autouse=True)
def _test_installation(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Iterator[None]:
    """Each test has its own outbox folder and an empty cache; marks switch on what tests usually do without."""
    settings.EMAIL_FILE_PATH = str(tmp_path / "outbox")
    settings.EMAIL_BACKEND = "careops.core.mail.FolderBackend"  # Django's test runner puts its own in place
    if request.node.get_closest_marker("throttled"):
        settings.THROTTLES_ENABLED = True
    if request.node.get_closest_marker("argon2"):
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def outbox(settings: Any) -> Path:
    """The folder where this test's e-mails are written as ``.eml`` files; it may not exist yet."""
    return Path(settings.EMAIL_FILE_PATH)


@pytest.fixture
def api() -> APIClient:
    """A client that is not signed in."""
    return APIClient()
