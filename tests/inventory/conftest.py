"""Who asks about the stock."""

import pytest
from rest_framework.test import APIClient

from accounts.enums import Role
from tests.factories.accounts import client_with


@pytest.fixture
def admin(db: None) -> APIClient:
    return client_with(Role.ADMIN)


@pytest.fixture
def staff(db: None) -> APIClient:
    return client_with(Role.STAFF)
