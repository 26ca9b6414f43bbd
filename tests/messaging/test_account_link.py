"""An account and the contact that carries its address."""

from typing import Any

import pytest
from django.db import transaction

from accounts.enums import Role
from accounts.models import User
from careops.core.events import emit
from messaging.models import Contact, Message
from messaging.services.contacts import link_account
from tests.factories.accounts import make_user
from tests.factories.messaging import make_contact

pytestmark = pytest.mark.django_db


def confirmed(user: User) -> None:
    with transaction.atomic():
        emit("user.email_confirmed", subject=user, actor=user)


def contact_of(user: User) -> Any:
    return Contact.objects.filter(user=user).first()


def test_a_confirmed_client_gets_the_contact_that_carries_the_address() -> None:
    contact, user = make_contact(email="ada@example.com"), make_user(email="ada@example.com")
    for _ in range(2):
        confirmed(user)
    assert (contact_of(user), Contact.objects.count(), Message.objects.count()) == (contact, 1, 0)


def test_a_confirmed_client_nobody_knows_becomes_a_contact_and_is_welcomed() -> None:
    user = make_user(email="ada@example.com", name="Ada")
    confirmed(user)
    contact = contact_of(user)
    assert (contact.name, contact.email) == ("Ada", "ada@example.com")
    assert [message.rule for message in contact.messages.all()] == ["welcome"]


def test_a_contact_of_another_account_is_not_given_away() -> None:
    owner, user = make_user(), make_user(email="ada@example.com")
    contact = make_contact(email="ada@example.com", user=owner)
    confirmed(user)
    contact.refresh_from_db()
    assert (contact.user, contact_of(user), link_account(user)) == (owner, None, None)


@pytest.mark.parametrize("role", [Role.PROFESSIONAL, Role.STAFF, Role.ADMIN])
def test_those_who_work_here_are_no_contacts(role: Role) -> None:
    user = make_user(role)
    confirmed(user)
    assert Contact.objects.count() == 0
