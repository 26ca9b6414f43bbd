"""What the worker does for accounts."""

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.alerts import ACCOUNT_MAIL_FAILED, ACCOUNT_MAIL_UNKNOWN
from accounts.enums import MailKind
from accounts.links import make_link
from accounts.models import AccountMail, User
from accounts.services import mails
from accounts.services.approval import review_waiting
from accounts.services.passwords import answer_reset_requests
from careops.core import context, mail
from careops.core.alerts import kind_title, kind_todo
from careops.core.delivery import Outbox, Wire, Withdrawn
from careops.core.models import Alert, AlertStatus
from careops.core.outbox import State, leased, transition

RESETS_BATCH, RESETS_SECONDS = 100, 5.0
SUBJECTS = {
    MailKind.CONFIRM_EMAIL: "Please confirm your e-mail address",
    MailKind.RESET_PASSWORD: "Choose a new password",
    MailKind.APPROVED: "The clinic has approved your account",
}


def _send(row: AccountMail, wire: Wire) -> str:
    """Mail the link or the alert; a mail that nobody waits for any more is cancelled instead.

    The name stands only in a mail to a confirmed address: to another one, somebody else may have typed it.
    """
    kind, user = MailKind(row.kind), row.user
    confirmed = kind is MailKind.CONFIRM_EMAIL and user.email_confirmed
    withdrawn = kind is MailKind.APPROVED and user.approved_at is None
    over = row.alert is not None and row.alert.status != AlertStatus.ACTIVE
    if not user.is_active or confirmed or withdrawn or over:
        transition(leased(row), State.CANCELLED, reason="no_longer_wanted")
        raise Withdrawn
    told = _alert(row.alert) if row.alert is not None else {"link": _link(kind, user)}
    name = user.name if user.email_confirmed else ""
    body = render_to_string(f"account/mail_{kind}.txt", {"name": name, **told})
    return mail.send(
        to=user.email,
        subject=told.get("title") or SUBJECTS[kind],
        body=body,
        message_id=mail.message_id(row.dedup_key),
        wire=wire,
    )


def _link(kind: MailKind, user: User) -> str:
    return str(settings.FRONT_END_URL) if kind is MailKind.APPROVED else make_link(kind, user)


def _alert(alert: Alert) -> dict[str, str]:
    page = reverse("admin:core_alert_change", args=[alert.pk])
    return {
        "title": kind_title(alert.kind),
        "todo": kind_todo(alert.kind),
        "link": f"{settings.PUBLIC_URL}{page}",
    }


ACCOUNT_MAIL = Outbox(
    model=AccountMail, deliver=_send, failed=ACCOUNT_MAIL_FAILED, unknown=ACCOUNT_MAIL_UNKNOWN
)


def tell_of_critical_alerts() -> None:
    """Plan the mails to the admins about critical alerts; part of every tick."""
    mails.tell_of_critical_alerts()


def deliver_account_mail() -> None:
    """Answer the requests for a reset link, then send what is due; part of every tick."""
    stop = context.deadline(RESETS_SECONDS)
    while not context.is_over(stop) and answer_reset_requests(limit=RESETS_BATCH) == RESETS_BATCH:
        pass
    ACCOUNT_MAIL.run()


def review_approvals() -> None:
    """Bring the alert about waiting professionals up to date, as after a change of the setting."""
    review_waiting()
