"""Two equal forms that arrive at the same moment, each on a connection of its own."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.enums import Role
from accounts.models import User
from inventory.models import StockMovement
from messaging.models import Contact, Message
from tests.core.threads import at_once
from tests.factories.accounts import make_user
from tests.factories.forms import Tab
from tests.factories.inventory import make_item
from tests.factories.messaging import make_contact
from tests.factories.office import office_of, page

pytestmark = pytest.mark.django_db(transaction=True)
COPIES = 4


def send_copies(user: User, path: str, sent: dict[str, Any]) -> list[tuple[int, str]]:
    """What each of several equal forms of one person is answered: the status and where it leads."""

    def posts(browser: Client) -> Callable[[], tuple[int, str]]:
        def work() -> tuple[int, str]:
            answer = browser.post(path, sent)
            return answer.status_code, answer.headers.get("Location", "")

        return work

    return at_once(*[posts(office_of(user)) for _ in range(COPIES)])


@pytest.fixture
def staff() -> User:
    return make_user(Role.STAFF)


def test_a_reply_is_sent_once(staff: User) -> None:
    contact = make_contact()
    tab = Tab(office_of(staff), page(contact, "do/reply")).type(channel="email", body="See you then")
    assert set(send_copies(staff, tab.path, tab.sent)) == {(302, page(contact))}
    assert Message.objects.filter(body="See you then").count() == 1


def test_a_movement_is_booked_once(staff: User) -> None:
    item = make_item(quantity=10)
    tab = Tab(office_of(staff), page(item, "do/receive")).type(amount="5")
    assert set(send_copies(staff, tab.path, tab.sent)) == {(302, page(item))}
    assert StockMovement.objects.filter(change=5).count() == 1


def test_an_action_on_a_list_is_carried_out_once(staff: User) -> None:
    contact = make_contact()
    tab = Tab(office_of(staff), page(Contact))
    chosen = {**tab.sent, "action": "pause", "_selected_action": [contact.pk]}
    assert {status for status, _ in send_copies(staff, page(Contact), chosen)} == {302}


def test_without_the_key_of_a_page_each_form_counts(staff: User) -> None:
    """The control: what is sent at once without the mechanism has as many effects."""
    contact = make_contact()
    tab = Tab(office_of(staff), page(contact, "do/reply")).type(channel="email", body="See you then")
    del tab.sent["_snapshot"]
    assert set(send_copies(staff, tab.path, tab.sent)) == {(302, page(contact))}
    assert Message.objects.filter(body="See you then").count() == COPIES
