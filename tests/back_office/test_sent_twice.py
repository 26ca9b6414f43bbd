"""Equal forms that are sent twice: by a double click, or by a browser that sends again."""

from decimal import Decimal

import pytest

from inventory.models import StockMovement
from messaging.models import Contact, Message
from tests.factories.forms import Tab
from tests.factories.inventory import make_item
from tests.factories.messaging import make_contact
from tests.factories.office import office, page, said

pytestmark = pytest.mark.django_db


def test_a_reply_is_sent_once_and_both_senders_read_the_same() -> None:
    contact, browser = make_contact(), office("staff")
    tab = Tab(browser, page(contact, "do/reply")).type(channel="email", body="See you then")
    answers = [browser.post(tab.path, tab.sent, follow=True) for _ in range(2)]
    assert Message.objects.filter(body="See you then").count() == 1
    assert (
        said(answers[0])
        == said(answers[1])
        == [f"Your message to {contact} is on its way. Automated messages are paused."]
    )
    assert answers[0].redirect_chain == answers[1].redirect_chain


def test_another_text_is_another_reply() -> None:
    contact, browser = make_contact(), office("staff")
    first = Tab(browser, page(contact, "do/reply")).type(channel="email", body="One")
    first.save()
    second = Tab(browser, page(contact, "do/reply")).type(channel="email", body="One")
    second.save()
    assert Message.objects.filter(body="One").count() == 2


def test_a_movement_is_booked_once() -> None:
    item, browser = make_item(quantity=10), office("staff")
    tab = Tab(browser, page(item, "do/receive")).type(amount="5")
    answers = [browser.post(tab.path, tab.sent) for _ in range(2)]
    item.refresh_from_db()
    assert (item.quantity, StockMovement.objects.filter(reason="received", change=5).count()) == (
        Decimal(15),
        1,
    )
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, page(item))}


def test_a_contact_is_added_once() -> None:
    browser = office("staff")
    tab = Tab(browser, page(Contact, "add/")).type(name="Ada Berg", email="ada.berg@example.com")
    answers = [browser.post(tab.path, tab.sent, follow=True) for _ in range(2)]
    assert Contact.objects.filter(name="Ada Berg").count() == 1
    assert [answer.status_code for answer in answers] == [200, 200]
    assert said(answers[0]) == said(answers[1])


def test_a_row_is_deleted_once_and_both_are_told() -> None:
    contact, browser = make_contact(), office("admin")
    tab = Tab(browser, page(contact, "delete"))
    answers = [browser.post(tab.path, tab.sent, follow=True) for _ in range(2)]
    assert said(answers[0]) == said(answers[1]) != []


def test_a_refused_form_may_be_sent_again() -> None:
    item, browser = make_item(quantity=10), office("staff")
    tab = Tab(browser, page(item, "do/use")).type(amount="11")
    assert browser.post(tab.path, tab.sent).status_code == 200
    browser.post(page(item, "do/receive"), {"amount": "5"})
    assert browser.post(tab.path, tab.sent).status_code == 302
    item.refresh_from_db()
    assert item.quantity == 4


def test_an_action_on_a_list_is_carried_out_once() -> None:
    contact, browser = make_contact(), office("staff")
    tab = Tab(browser, page(Contact))
    chosen = {**tab.sent, "action": "pause", "_selected_action": [contact.pk]}
    answers = [browser.post(page(Contact), chosen, follow=True) for _ in range(2)]
    assert said(answers[0]) == said(answers[1]) == ["Pause automation: 1 of 1 done."]
