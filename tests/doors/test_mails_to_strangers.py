"""No mail to a stranger holds words of somebody unproven; each control shows that the words could be in a mail."""

import re
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.enums import MailKind
from accounts.services.mails import plan_mail
from accounts.tasks import deliver_account_mail
from connections.tasks import hand_over_invitations
from messaging.tasks import deliver_messages
from messaging.texts import TEXTS
from tests.factories.accounts import PASSWORD, client_of, client_with, make_user, with_token
from tests.factories.bookings import make_provider, tomorrow
from tests.factories.connections import make_professional
from tests.factories.links import mails_in
from tests.services.processes import ROOT

pytestmark = pytest.mark.django_db
CANARY = "Your account is locked call 5550100"
VICTIM = "victim@example.com"


def sent(outbox: Path) -> list[str]:
    """Every mail to the victim as it left: headers and text."""
    hand_over_invitations()
    deliver_messages()
    deliver_account_mail()
    mails = [mail for mail in mails_in(outbox) if mail["To"] == VICTIM]
    return [f"{mail['Subject']}\n{mail['From']}\n{mail['Reply-To']}\n{mail.get_content()}" for mail in mails]


@pytest.mark.parametrize("role", ["client", "professional"])
def test_a_sign_up_with_a_victims_address(outbox: Path, role: str) -> None:
    body = {"name": CANARY, "email": VICTIM, "password": PASSWORD, "role": role}
    made = APIClient().post("/api/auth/signup", body).json()
    api = with_token(made["access"])
    api.post("/api/auth/email/resend")
    APIClient().post("/api/auth/password/reset", {"email": VICTIM})
    client_with("admin").patch(f"/api/users/{made['user']['id']}", {"approved": True})
    texts = sent(outbox)
    assert len(texts) >= 2
    assert [text for text in texts if CANARY in text] == []


def test_control_a_confirmed_person_is_greeted_by_name(outbox: Path) -> None:
    plan_mail(user=make_user(email=VICTIM, name=CANARY), kind=MailKind.RESET_PASSWORD)
    (text,) = sent(outbox)
    assert CANARY in text


def test_a_confirmed_account_that_takes_a_victims_address(outbox: Path) -> None:
    client_of(make_user(name=CANARY)).patch("/api/auth/me", {"email": VICTIM})
    APIClient().post("/api/auth/password/reset", {"email": VICTIM})
    texts = sent(outbox)
    assert (len(texts), [text for text in texts if CANARY in text]) == (2, [])


@pytest.mark.parametrize(
    ("fields", "mails", "named"),
    [
        ({}, 1, True),  # the control: whom the clinic knows may say who invites
        ({"approved_at": None}, 1, False),
        ({"email_confirmed_at": None}, 0, False),
        ({"approved_at": None, "email_confirmed_at": None}, 0, False),
    ],
)
def test_an_invitation_where_the_setting_asks_for_no_approval(
    outbox: Path, fields: dict[str, Any], mails: int, named: bool
) -> None:
    professional = make_professional(name=CANARY, **fields)
    asked = client_of(professional).post("/api/connection/invite-client", {"client_email": VICTIM})
    texts = sent(outbox)
    assert (asked.status_code, len(texts), any(CANARY in text for text in texts)) == (201, mails, named)


@pytest.mark.parametrize(("approved", "mails"), [(True, 2), (False, 0)])
def test_a_professional_who_describes_a_stranger(
    outbox: Path, settings: Any, approved: bool, mails: int
) -> None:
    settings.PROFESSIONALS_NEED_APPROVAL = True
    professional = make_professional(**({} if approved else {"approved_at": None}))
    provider = make_provider(user=professional)
    body = {
        "provider_id": provider.pk, "client_name": CANARY, "client_email": VICTIM, "service_type": CANARY,
        "scheduled_at": tomorrow().isoformat(),
    }  # fmt: skip
    client_of(professional).post("/api/bookings", body)
    assert len(sent(outbox)) == mails


def test_the_page_of_mails_names_every_mail_and_no_other() -> None:
    page = (ROOT / "docs" / "mails.md").read_text()
    named = re.findall(r"^\| `(\w+)`", page, re.MULTILINE)
    assert sorted(named) == sorted([*TEXTS, *MailKind.values, "reply"])
