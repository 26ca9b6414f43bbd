"""A database of the release before: its addresses and names are put right when it is migrated."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.enums import Role
from careops.core.models import Alert
from messaging.models import Contact
from tests.factories.accounts import make_user
from tests.services.migrations import migrate

BEFORE = [
    ("accounts", "0003_alert_mails"), ("messaging", "0002_messages_to_users"), ("bookings", "0001_initial"),
    ("inventory", "0003_one_line_and_plain_imports"), ("connections", "0004_connection_known_at"),
]  # fmt: skip


@pytest.fixture
def old(transactional_db: None) -> Any:
    """The models of the release before, over its tables."""
    yield migrate(*BEFORE)
    migrate()


def test_stored_addresses_are_put_right_and_what_collides_stays(old: Any) -> None:
    contact, user, provider, item = (
        old.get_model(*name)
        for name in (
            ("messaging", "Contact"),
            ("accounts", "User"),
            ("bookings", "Provider"),
            ("inventory", "Item"),
        )
    )
    rows: dict[str, dict[str, str]] = {
        "zero": {"name": "Jose\u0301", "phone": "+4402079460018"},
        "double zero": {"name": "Ada\u200b", "phone": "+100442079460019"},
        "taken zero": {"name": "A", "phone": "+4402079460020"},
        "its holder": {"name": "B", "phone": "+442079460020"},
        "of the seeds": {"name": "C", "phone": "+1234567890"},
        "domain": {"name": "D", "email": "x@ex\u00e4mple.de"},
        "taken domain": {"name": "E", "email": "y@ex\u00e4mple.de"},
        "holder of domain": {"name": "F", "email": "y@xn--exmple-cua.de"},
        "another mailbox": {"name": "G", "email": "fat\u0131ma@example.com"},
    }
    made = {key: contact.objects.create(**values).pk for key, values in rows.items()}
    user.objects.create(name="Mu\u0308ller", email="jo@example.org", password="!")
    provider.objects.create(name="Mu\u0308ller", sector="medical", time_zone="UTC", phone="+4402079460018")
    item.objects.create(name="Glove", sku="GLV")

    new = migrate()

    found = {
        key: Contact.objects.values_list("name", "email", "phone").get(pk=pk) for key, pk in made.items()
    }
    assert found == {
        "zero": ("Jos\u00e9", "", "+442079460018"),
        "double zero": ("Ada", "", "+442079460019"),
        "taken zero": ("A", "", "+4402079460020"),
        "its holder": ("B", "", "+442079460020"),
        "of the seeds": ("C", "", "+1234567890"),
        "domain": ("D", "x@xn--exmple-cua.de", ""),
        "taken domain": ("E", "y@ex\u00e4mple.de", ""),
        "holder of domain": ("F", "y@xn--exmple-cua.de", ""),
        "another mailbox": ("G", "fat\u0131ma@example.com", ""),
    }
    assert new is not None
    (alert,) = Alert.objects.active()
    assert (alert.kind, alert.detail) == (
        "addresses_to_check", "3 contacts and 0 accounts hold an address that is not in its one form.",
    )  # fmt: skip
    assert {"A", "E", "G"} == _named_by(alert)
    _are_found()


def _named_by(alert: Alert) -> set[str]:
    """The contacts in the list to which the alert's page leads."""
    office = Client()
    office.force_login(make_user(Role.STAFF))
    assert (
        "/admin/messaging/contact/?addresses=to_check"
        in office.get(f"/admin/core/alert/{alert.pk}/change/").content.decode()
    )
    listed = office.get("/admin/messaging/contact/?addresses=to_check").context["cl"].result_list
    return {contact.name for contact in listed}


def _are_found() -> None:
    """Old rows are found by the new column, and written rows too."""
    from careops.core.invariants import folded_texts_are_current
    from careops.core.search import matching

    assert list(folded_texts_are_current()) == []
    names = Contact.objects.filter(matching(Contact, "JOSE", ["search_text"])).values_list("name", flat=True)
    assert list(names) == ["Jos\u00e9"]


def test_a_database_without_anything_to_put_right_raises_nothing(old: Any) -> None:
    old.get_model("messaging", "Contact").objects.create(
        name="Ada", email="ada@example.com", created_at=timezone.now()
    )
    migrate()
    assert Alert.objects.count() == 0
