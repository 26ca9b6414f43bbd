"""Invented users. Every one has the password PASSWORD."""

from collections.abc import Callable
from typing import Any

import factory
from django.contrib.auth.hashers import make_password
from rest_framework.test import APIClient

from accounts.devices import Device
from accounts.enums import Role
from accounts.models import User
from accounts.services.sign_ins import Granted, open_sign_in
from careops.core import clock

PASSWORD = "correct horse battery"
DEVICE = Device(address="192.0.2.10", name="test")


class UserFactory(factory.django.DjangoModelFactory[User]):
    """A client whose address is confirmed."""

    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"person{n}@example.com")
    name = factory.Sequence(lambda n: f"Person {n}")
    role = Role.CLIENT
    email_confirmed_at = factory.LazyFunction(clock.now)
    password = factory.LazyFunction(lambda: make_password(PASSWORD))


class ProfessionalFactory(UserFactory):
    role = Role.PROFESSIONAL


class StaffFactory(UserFactory):
    role = Role.STAFF


class AdminFactory(UserFactory):
    role = Role.ADMIN


FACTORIES: dict[str, Callable[..., User]] = {
    Role.CLIENT: UserFactory,
    Role.PROFESSIONAL: ProfessionalFactory,
    Role.STAFF: StaffFactory,
    Role.ADMIN: AdminFactory,
}


def user_with(role: str, **fields: Any) -> User:
    """A user with this role."""
    return FACTORIES[role](**fields)


def granted(user: User) -> Granted:
    """The user, signed in on one more device."""
    return open_sign_in(user=user, device=DEVICE)


def client_of(user: User) -> APIClient:
    """An API client that sends the user's token."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {granted(user).tokens.access}")
    return client
