"""Invented users, each with the password PASSWORD, and clients that are signed in as them."""

from functools import cache
from itertools import count
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from rest_framework.test import APIClient

from accounts.devices import Device
from accounts.enums import Role
from accounts.models import User
from accounts.services.sign_ins import Granted, open_sign_in
from careops.core import clock

PASSWORD = "correct horse battery"
DEVICE = Device(address="192.0.2.10", name="test")
_numbers = count(1)


def make_user(role: str = Role.CLIENT, **fields: Any) -> User:
    """A user with a confirmed address, approved where that counts; ``fields`` replace what is invented."""
    n = next(_numbers)
    invented = {
        "email": f"person{n}@example.com",
        "name": f"Person {n}",
        "role": role,
        "email_confirmed_at": clock.now(),
        "approved_at": clock.now() if role == Role.PROFESSIONAL else None,
        "password": _hashed(settings.PASSWORD_HASHERS[0]),
    }
    return User.objects.create(**{**invented, **fields})


@cache
def _hashed(hasher: str) -> str:
    return make_password(PASSWORD)


def granted(user: User) -> Granted:
    """The user, signed in on one more device."""
    return open_sign_in(user=user, device=DEVICE)


def with_token(access: str) -> APIClient:
    """An API client that sends this access token."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
    return client


def client_of(user: User) -> APIClient:
    """An API client that is signed in as the user."""
    return with_token(granted(user).tokens.access)


def client_with(role: str) -> APIClient:
    """An API client that is signed in as a new user with this role."""
    return client_of(make_user(role))
