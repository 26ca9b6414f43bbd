"""What the tests of messaging share: signed-in callers, a mail server, the worker's work."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.enums import Role
from accounts.models import User
from messaging.tasks import deliver_messages
from tests.factories.accounts import client_of, client_with, make_user
from tests.messaging.sink import Sink, running


@pytest.fixture
def staff(db: None) -> User:
    return make_user(Role.STAFF)


@pytest.fixture
def staff_api(staff: User) -> APIClient:
    return client_of(staff)


@pytest.fixture
def admin_api(db: None) -> APIClient:
    return client_with(Role.ADMIN)


@pytest.fixture
def deliver() -> Callable[[], None]:
    """One look of the worker at the send ledger."""
    return deliver_messages


@pytest.fixture
def smtp(settings: Any) -> Iterator[Sink]:
    """A mail server that this installation sends through."""
    with running() as sink:
        settings.EMAIL_BACKEND = "careops.core.mail.SmtpBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", sink.port, 10
        yield sink
