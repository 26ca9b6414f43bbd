"""A database of the release before: its professionals count as approved, and its names hold no address of the web."""

from typing import Any

import pytest

from accounts.models import User
from messaging.models import Contact
from tests.factories.accounts import make_user
from tests.services.migrations import migrate

BEFORE = [("accounts", "0005_sessions_and_reset_requests"), ("messaging", "0006_find_texts_folded")]


@pytest.fixture
def old(transactional_db: None) -> Any:
    """The models of the release before, over its tables."""
    yield migrate(*BEFORE)
    migrate()


def test_who_was_there_is_approved_and_names_lose_their_addresses(old: Any, settings: Any) -> None:
    settings.PROFESSIONALS_NEED_APPROVAL = True
    user, contact = old.get_model("accounts", "User"), old.get_model("messaging", "Contact")
    for n in range(1100):  # more than two batches
        user.objects.create(name="Pro", email=f"pro{n}@example.com", role="professional", password="!")
    user.objects.create(name="See evil.example", email="client@example.com", password="!")
    contact.objects.create(name="See www.evil.example", email="contact@example.com")
    migrate()

    assert User.objects.filter(role="professional", approved_at=None).count() == 0
    assert not User.objects.waiting_for_approval().exists()
    client = User.objects.get(email="client@example.com")
    assert (client.name, client.name_key, client.approved_at) == (
        "See evil. example",
        "see evil. example",
        None,
    )
    known = Contact.objects.get(email="contact@example.com")
    assert (known.name, known.name_key) == ("See www. evil. example", "see www. evil. example")
    newcomer = make_user("professional", approved_at=None)
    assert list(User.objects.waiting_for_approval()) == [newcomer]
