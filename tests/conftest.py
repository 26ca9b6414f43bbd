"""Fixtures that every test may use. Real servers are in ``tests/services/``."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from careops.core.access import WRITER
from tests.services import flushing, run

pytest_plugins = [
    "tests.services.browser",
    "tests.services.processes",
    "tests.services.redis",
    "tests.services.twins",
]

flushing.install()
OTHER_ENGINE = {"postgres_only": ("sqlite", "PostgreSQL"), "sqlite_only": ("postgres", "SQLite")}
SECOND_ENGINE = "postgres"  # of the two passes of `make test`
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup"}


def pytest_report_header() -> str:
    return f"database: {run.ENGINE}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if run.ENGINE == SECOND_ENGINE:
        said_already = [item for item in items if not _asks_the_engine(item)]
        config.hook.pytest_deselected(items=said_already)
        items[:] = [item for item in items if item not in set(said_already)]
    for item in items:
        for marker, (skipped_on, needed) in OTHER_ENGINE.items():
            if skipped_on == run.ENGINE and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=f"The rule under test exists on {needed} only."))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Where only tests are named that no engine has a say in, the second pass has nothing to do."""
    if run.ENGINE == SECOND_ENGINE and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = pytest.ExitCode.OK


def _asks_the_engine(item: pytest.Item) -> bool:
    """Whether another engine could answer otherwise: not where a test may ask none, or says that it shows no such thing."""
    if item.get_closest_marker("any_engine"):
        return False
    fixtures = getattr(item, "fixturenames", ())
    return item.get_closest_marker("django_db") is not None or not DATABASE_FIXTURES.isdisjoint(fixtures)


@pytest.fixture(autouse=True)
def _test_installation(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Iterator[None]:
    """Each test has its own folders and an empty cache; marks switch on what tests usually do without."""
    settings.EMAIL_FILE_PATH = str(tmp_path / "outbox")
    settings.REFERRAL_FILES_DIR = str(tmp_path / "files")
    settings.EMAIL_BACKEND = "careops.core.mail.FolderBackend"  # Django's test runner puts its own in place
    if request.node.get_closest_marker("throttled"):
        settings.THROTTLES_ENABLED = True
    if request.node.get_closest_marker("argon2"):
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    cache.clear()
    # Also where a test has imported what a web process runs: nothing writes behind a test's back.
    WRITER.serves = False
    WRITER.clear()
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
