"""From the request for a mail to the mail itself, as the worker sends it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import override_settings
from rest_framework.test import APIClient

from accounts.enums import MailKind
from accounts.models import AccountMail, User
from accounts.services.mails import plan_mail
from accounts.services.users import update_user
from accounts.tasks import deliver_account_mail
from careops.core.queue import tick
from tests.factories.accounts import make_user
from tests.factories.links import link_in, mails_in

pytestmark = pytest.mark.django_db


@override_settings(PUBLIC_URL="https://clinic.example.com")
def test_a_sign_up_is_mailed_a_link_that_no_table_knows(api: APIClient, outbox: Path) -> None:
    body = {"name": "Jane Doe", "email": "jane@example.com", "password": "password123"}
    api.post("/api/auth/register", body)
    tick()
    (mail,) = mails_in(outbox)
    assert mail["To"] == "jane@example.com"
    assert mail["Subject"] == "Please confirm your e-mail address"
    assert "Jane" not in mail.as_string().replace("jane@example.com", "")
    link = link_in(mail)
    assert link.startswith("https://clinic.example.com/account/confirm?token=")
    row = AccountMail.objects.values().get()
    assert row["state"] == "sent"
    assert link.partition("token=")[2] not in repr(row)


def test_a_name_is_text_in_the_mail_whatever_it_holds(outbox: Path) -> None:
    user = make_user(name="{{ link }} <b>O'Neil & Sons</b>")
    plan_mail(user=user, kind=MailKind.RESET_PASSWORD)
    deliver_account_mail()
    assert "Hello {{ link }} <b>O'Neil & Sons</b>," in mails_in(outbox)[0].get_content()


def test_a_mail_is_sent_once_however_often_the_worker_looks(outbox: Path) -> None:
    plan_mail(user=make_user(), kind=MailKind.RESET_PASSWORD)
    for _ in range(3):
        deliver_account_mail()
    assert [mail["Subject"] for mail in mails_in(outbox)] == ["Choose a new password"]


def test_a_newer_mail_takes_the_place_of_one_that_has_not_gone_out(outbox: Path) -> None:
    user = make_user()
    for _ in range(3):
        plan_mail(user=user, kind=MailKind.RESET_PASSWORD)
    deliver_account_mail()
    assert len(mails_in(outbox)) == 1
    states = AccountMail.objects.order_by("id").values_list("state", "reason")
    assert list(states) == [("cancelled", "superseded"), ("cancelled", "superseded"), ("sent", "")]


def deactivate(user: User) -> None:
    update_user(user=user, actor=None, is_active=False)


def confirm(user: User) -> None:
    user.email_confirmed_at = user.created_at
    user.save(update_fields=["email_confirmed_at"])


@pytest.mark.parametrize("happens", [deactivate, confirm])
def test_a_mail_that_nobody_waits_for_any_more_is_cancelled(
    outbox: Path, happens: Callable[[User], None]
) -> None:
    user = make_user(email_confirmed_at=None)
    plan_mail(user=user, kind=MailKind.CONFIRM_EMAIL)
    happens(user)
    deliver_account_mail()
    assert mails_in(outbox) == []
    row = AccountMail.objects.get()
    assert (row.state, row.reason) == ("cancelled", "no_longer_wanted")


def test_a_mail_for_a_deleted_account_is_gone_with_it(outbox: Path) -> None:
    user = make_user()
    plan_mail(user=user, kind=MailKind.RESET_PASSWORD)
    user.delete()
    deliver_account_mail()
    assert (mails_in(outbox), AccountMail.objects.count()) == ([], 0)
