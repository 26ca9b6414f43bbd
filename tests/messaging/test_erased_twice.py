"""Two people erase a contact: one effect, one event, and an answer that is no error for both."""

from typing import Any

import pytest
from django.test import Client

from accounts.enums import Role
from accounts.models import User
from careops.core.models import Event
from messaging.models import Contact
from tests.core.threads import at_once
from tests.factories.accounts import client_of, make_user
from tests.factories.bookings import make_booking
from tests.factories.forms import Tab
from tests.factories.messaging import make_contact
from tests.factories.office import office_of, page, said

LOCKS = ("tests.messaging.test_erased_twice.note_lock",)
noted: list[bool] = []


def note_lock(contact: Contact, *, wait: bool) -> None:
    noted.append(wait)


def admins() -> tuple[User, User]:
    return make_user(Role.ADMIN, name="Ada Admin"), make_user(Role.ADMIN, name="Ben Admin")


def erasures() -> int:
    return Event.objects.filter(name="contact.erased").count()


def erase(browser: Client, contact: Contact, **sent: Any) -> Any:
    return browser.post(page(contact, "delete"), {"post": "yes", **sent}, follow=True)


@pytest.mark.django_db
def test_the_second_admin_is_told_who_erased_it() -> None:
    ada, ben = admins()
    contact = make_contact()
    stale = office_of(ben)
    opened = stale.get(page(contact, "delete"))
    erase(office_of(ada), contact)

    answer = erase(stale, contact, _snapshot=opened.context["snapshot"])

    assert (answer.status_code, erasures()) == (200, 1)
    (sentence,) = said(answer)
    assert sentence.startswith("Ada Admin erased this contact on ")
    again = stale.get(page(contact, "delete"), follow=True)
    assert (again.status_code, said(again)) == (200, [sentence])


@pytest.mark.django_db
def test_what_is_saved_of_an_erased_contact_is_refused_in_a_sentence() -> None:
    ada, ben = admins()
    contact = make_contact()
    tab = Tab(office_of(ben), page(contact))
    erase(office_of(ada), contact)

    answer = tab.browser.post(tab.path, {**tab.sent, "name": "Back again"}, follow=True)

    (sentence,) = said(answer)
    assert sentence.startswith("Ada Admin erased this contact on ")
    assert sentence.endswith(" Nothing was saved.")
    assert Contact.objects.get().name == ""


@pytest.mark.django_db(transaction=True)
def test_both_at_once() -> None:
    ada, ben = admins()
    contact = make_contact()
    make_booking(contact=contact)
    api, browser = client_of(ada), office_of(ben)

    answers = at_once(
        lambda: api.delete(f"/api/contacts/{contact.pk}?force=true"),
        lambda: erase(browser, contact, force="1"),
    )

    assert [answer.status_code for answer in answers] == [204, 200]
    assert erasures() == 1
    assert Event.objects.filter(name="booking.cancelled").count() == 1
    assert api.delete(f"/api/contacts/{contact.pk}?force=true").status_code == 204


@pytest.mark.django_db
@pytest.mark.parametrize("door", ["API", "API with If-Match", "back office"])
def test_an_erasure_takes_its_locks_once(settings: Any, door: str) -> None:
    """Taken again, it would wait for rows while it holds the contact."""
    settings.PERSON_LOCKS = "tests.messaging.test_erased_twice.LOCKS"
    (admin, _), contact = admins(), make_contact()
    noted.clear()

    if door == "back office":
        erase(office_of(admin), contact)
    else:
        api, where = client_of(admin), f"/api/contacts/{contact.pk}"
        headers = {"If-Match": api.get(where)["ETag"]} if "If-Match" in door else {}
        assert api.delete(where, headers=headers).status_code == 204

    assert (noted, erasures()) == ([True, False], 1)
