"""The people who use bookings, signed in."""

import pytest
from rest_framework.test import APIClient

from accounts.enums import Role
from accounts.models import User
from messaging.models import Contact
from tests.factories.accounts import client_of, client_with, make_user
from tests.factories.bookings import make_client


@pytest.fixture
def admin(db: None) -> APIClient:
    return client_with(Role.ADMIN)


@pytest.fixture
def staff(db: None) -> APIClient:
    return client_with(Role.STAFF)


@pytest.fixture
def professional_user(db: None) -> User:
    return make_user(Role.PROFESSIONAL)


@pytest.fixture
def professional(professional_user: User) -> APIClient:
    return client_of(professional_user)


@pytest.fixture
def client_contact(db: None) -> Contact:
    return make_client()[1]


@pytest.fixture
def customer(client_contact: Contact) -> APIClient:
    """A client, signed in, whose contact is ``client_contact``."""
    assert client_contact.user is not None
    return client_of(client_contact.user)
