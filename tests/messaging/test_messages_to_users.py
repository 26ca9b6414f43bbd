"""Messages to people who sign in, and to addresses that are nobody's here."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError
from django_q.models import OrmQ
from rest_framework.test import APIClient

from accounts.enums import Role
from accounts.models import User
from careops.core.models import Event
from careops.core.problems import DomainError
from messaging.models import Message, MessageTemplate
from messaging.services.erasure import export_contact
from messaging.services.messages import forget, plan, resend
from tests.factories.accounts import make_user
from tests.factories.messaging import make_contact, make_message
from tests.factories.office import office, page
from tests.messaging.sink import Sink

pytestmark = pytest.mark.django_db


def tell(**to: Any) -> Message:
    """A message about an object that is no contact, planned."""
    message = plan(**{"rule": "welcome", "about": make_user(), "occurrence": 1, **to})
    assert message is not None
    return message


def code_of(message: Message, actor: User) -> str:
    with pytest.raises(DomainError) as refused:
        resend(message=message, actor=actor)
    return refused.value.code


def test_a_user_is_written_to_by_name_and_in_the_clinics_own_words(
    smtp: Sink, deliver: Callable[[], None]
) -> None:
    MessageTemplate.objects.create(key="welcome", subject="Hi {contact_name}", body="Good to see you.")
    user = make_user(Role.PROFESSIONAL, name="Mara")
    message = tell(user=user)
    deliver()
    (mail,) = smtp.accepted
    assert (mail["To"], mail["Subject"], mail["Auto-Submitted"]) == (user.email, "Hi Mara", "auto-generated")
    message.refresh_from_db()
    assert (message.state, message.user, message.contact, message.person_id) == ("sent", user, None, None)


def test_an_address_that_is_nobodys_is_written_to(smtp: Sink, deliver: Callable[[], None]) -> None:
    tell(address="new@example.com")
    deliver()
    assert smtp.recipients == [["new@example.com"]]


@pytest.mark.parametrize("fields", [{"is_active": False}, {"email_confirmed_at": None}])
def test_nobody_is_written_to_who_is_inactive_or_whose_address_is_not_proved(fields: dict[str, Any]) -> None:
    message = tell(user=make_user(**fields))
    assert (message.state, message.reason, message.to_address) == ("suppressed", "no_address", "")
    assert OrmQ.objects.count() == 0


@pytest.mark.parametrize(
    "fields", [{"is_active": False}, {"email_confirmed_at": None}, {"email": "elsewhere@example.com"}]
)
def test_what_became_of_the_account_since_it_was_planned_still_stops_it(
    smtp: Sink, deliver: Callable[[], None], fields: dict[str, Any]
) -> None:
    user = make_user()
    message = tell(user=user)
    User.objects.filter(pk=user.pk).update(**fields)
    deliver()
    message.refresh_from_db()
    assert (message.state, message.reason, smtp.calls) == ("suppressed", "no_address", 0)


def test_what_the_caller_does_not_want_sent_is_on_record_with_the_reason() -> None:
    message = tell(user=make_user(), unwanted="mail_off")
    assert (message.state, message.reason, OrmQ.objects.count()) == ("suppressed", "mail_off", 0)


def test_a_message_goes_to_one_recipient() -> None:
    for to in ({}, {"user": make_user(), "address": "a@example.com"}):
        with pytest.raises(ValueError, match="one recipient"):
            tell(**to)
    with pytest.raises(IntegrityError, match="message_to_a_contact_or_a_user"):
        Message.objects.create(dedup_key="both", user=make_user(), contact=make_contact(), body="x")


def test_a_failed_one_is_sent_again_to_the_users_present_address(
    smtp: Sink, deliver: Callable[[], None]
) -> None:
    staff, user = make_user(Role.STAFF), make_user()
    failed = make_message(user=user, state="failed", to_address="old@example.com")
    again = resend(message=failed, actor=staff)
    assert resend(message=failed, actor=staff).pk == again.pk
    deliver()
    assert (smtp.recipients, again.user) == ([[user.email]], user)
    assert Event.objects.get(name="message.resent").person_id is None


def test_a_failed_invitation_is_sent_again_to_the_address_it_had(
    smtp: Sink, deliver: Callable[[], None]
) -> None:
    message = tell(address="new@example.com")
    Message.objects.update(state="failed")
    resend(message=message, actor=make_user(Role.STAFF))
    deliver()
    assert smtp.recipients == [["new@example.com"]]


def test_what_cannot_be_sent_again_is_said() -> None:
    staff, inactive = make_user(Role.STAFF), make_user(is_active=False)
    assert code_of(make_message(user=inactive, state="failed"), staff) == "no_address"
    assert code_of(make_message(user=make_user(), state="failed", body=""), staff) == "not_resendable"
    nobody = tell(address="new@example.com")
    Message.objects.update(state="failed", to_address="")
    assert code_of(Message.objects.get(pk=nobody.pk), staff) == "no_address"


def test_an_erased_person_is_wiped_from_what_their_account_and_their_address_were_sent(
    admin_api: APIClient, smtp: Sink, deliver: Callable[[], None]
) -> None:
    user, other = make_user(email="canary@example.com"), make_user()
    contact = make_contact(user=user, email="bird@example.com")
    theirs = [tell(**to).pk for to in ({"user": user}, {"address": user.email}, {"address": contact.email})]
    left = [tell(user=other).pk, tell(address="other@example.com").pk]
    export = export_contact(contact)["messaging"]["messages"]
    assert [row["id"] for row in export] == theirs
    admin_api.delete(f"/api/contacts/{contact.pk}")
    deliver()
    wiped = Message.objects.filter(pk__in=theirs).values_list("state", "to_address", "subject", "body")
    assert list(wiped) == [("cancelled", "", "", "")] * 3
    assert list(Message.objects.filter(pk__in=left).values_list("state", flat=True)) == ["sent", "sent"]


def test_a_contact_without_account_and_e_mail_is_erased_without_touching_others(admin_api: APIClient) -> None:
    kept = [tell(user=make_user()), tell(address="new@example.com")]
    admin_api.delete(f"/api/contacts/{make_contact(email='').pk}")
    assert Message.objects.filter(pk__in=[each.pk for each in kept]).exclude(body="").count() == 2


def test_what_was_said_of_a_person_to_others_can_be_forgotten(
    smtp: Sink, deliver: Callable[[], None]
) -> None:
    about, other = make_user(), make_user()
    tell(user=make_user(), about=about)
    kept = tell(user=make_user(), about=other)
    forget(User.objects.get_queryset().filter(pk=about.pk))
    deliver()
    rows = Message.objects.exclude(pk=kept.pk).values_list("state", "reason", "to_address", "body")
    assert list(rows) == [("cancelled", "contact_erased", "", "")]
    assert len(smtp.accepted) == 1


def test_the_ledger_says_who_it_went_to(staff_api: APIClient) -> None:
    user = make_user(name="Mara")
    rows = [make_message(user=user), tell(address="new@example.com"), make_message()]
    shown = staff_api.get("/api/messages?ordering=id").json()["results"]
    assert [(row["contact_id"], row["user_id"]) for row in shown] == [
        (None, user.pk), (None, None), (rows[2].contact_id, None),
    ]  # fmt: skip
    (found,) = staff_api.get(f"/api/messages?user={user.pk}").json()["results"]
    assert found["id"] == rows[0].pk


def test_the_back_office_shows_and_finds_each_recipient() -> None:
    browser = office("staff")
    make_message(user=make_user(name="Mara Lindqvist"))
    tell(address="new@example.com")
    wiped = tell(address="old@example.com")
    Message.objects.filter(pk=wiped.pk).update(to_address="", body="", subject="")
    listed = browser.get(page(Message), {"o": "1"}).content.decode()
    assert [name in listed for name in ("Mara Lindqvist", "new@example.com", "Nobody any more")] == [True] * 3
    found = browser.get(page(Message), {"q": "lindqvist"}).content.decode()
    assert ("Mara Lindqvist" in found, "new@example.com" in found) == (True, False)
    assert browser.get(page(wiped)).status_code == 200
