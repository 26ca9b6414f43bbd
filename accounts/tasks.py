"""What the worker does for accounts."""

from django.conf import settings
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.alerts import ACCOUNT_MAIL_FAILED, ACCOUNT_MAIL_UNKNOWN
from accounts.enums import MailKind
from accounts.links import make_link
from accounts.models import AccountMail, SignIn
from accounts.querysets import TRUST
from careops.core import clock, mail
from careops.core.alerts import AlertKind
from careops.core.delivery import Outbox, Wire, Withdrawn
from careops.core.models import Alert, AlertStatus
from careops.core.outbox import State, leased, transition

SUBJECTS = {
    MailKind.CONFIRM_EMAIL: "Please confirm your e-mail address",
    MailKind.RESET_PASSWORD: "Choose a new password",
}


def _send(row: AccountMail, wire: Wire) -> str:
    """Mail the link or the alert; a mail that nobody waits for any more is cancelled instead."""
    kind, user = MailKind(row.kind), row.user
    confirmed = kind is MailKind.CONFIRM_EMAIL and user.email_confirmed
    over = row.alert is not None and row.alert.status != AlertStatus.ACTIVE
    if not user.is_active or confirmed or over:
        transition(leased(row), State.CANCELLED, reason="no_longer_wanted")
        raise Withdrawn
    told = _alert(row.alert) if row.alert is not None else {"link": make_link(kind, user)}
    body = render_to_string(f"account/mail_{kind}.txt", {"name": user.name, **told})
    return mail.send(
        to=user.email,
        subject=told.get("title") or SUBJECTS[kind],
        body=body,
        message_id=mail.message_id(row.dedup_key),
        wire=wire,
    )


def _alert(alert: Alert) -> dict[str, str]:
    kind = AlertKind.known[alert.kind]
    page = reverse("admin:core_alert_change", args=[alert.pk])
    return {"title": kind.title, "todo": kind.todo, "link": f"{settings.PUBLIC_URL}{page}"}


ACCOUNT_MAIL = Outbox(
    model=AccountMail, deliver=_send, failed=ACCOUNT_MAIL_FAILED, unknown=ACCOUNT_MAIL_UNKNOWN
)


def deliver_account_mail() -> None:
    """Send what is due; part of every tick."""
    ACCOUNT_MAIL.run()


def purge_sign_ins() -> None:
    """Forget sign-ins that ended or ran out and are too old to vouch for their address."""
    now = clock.now()
    over = Q(revoked_at__isnull=False) | Q(expires_at__lt=now)
    SignIn.objects.filter(over, created_at__lte=now - TRUST).delete()
