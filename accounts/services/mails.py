"""Planning mails to people who sign in: about their accounts, and about what they must look at."""

import uuid
from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Exists, OuterRef

from accounts.enums import MailKind, Role
from accounts.models import AccountMail, User
from careops.core import clock, queue
from careops.core.context import current_request_id
from careops.core.models import Alert, Severity
from careops.core.outbox import State, transition

WORTH_SENDING = timedelta(hours=24)


def plan_mail(*, user: User, kind: MailKind) -> AccountMail:
    """Plan one mail in the caller's transaction. It takes the place of those of its kind that have not gone out."""
    earlier = AccountMail.objects.filter(user=user, kind=kind).withdrawable()
    transition(earlier, State.CANCELLED, reason="superseded")
    mail = AccountMail.objects.create(
        user=user,
        kind=kind,
        dedup_key=f"account:{kind}:{user.pk}:{uuid.uuid4()}",
        expires_at=clock.now() + WORTH_SENDING,
        request_id=current_request_id(),
    )
    queue.ring()
    return mail


def tell_of_critical_alerts() -> int:
    """Plan a mail to every admin about each open critical alert that nobody was told of; how many are new.

    An alert that was resolved and is raised anew is another alert, of which they are told again.
    """
    told = AccountMail.objects.filter(alert=OuterRef("pk"))
    alerts = Alert.objects.active().filter(~Exists(told), severity=Severity.CRITICAL)
    admins = User.objects.active().filter(role=Role.ADMIN)
    return sum(tell_of(alert, admins) for alert in list(alerts))


def tell_of(alert: Alert, users: Iterable[User]) -> int:
    """Plan a mail that tells of an open alert to each of them, once per person and alert; how many are new."""
    rows = [
        AccountMail(
            user=user,
            kind=MailKind.ALERT,
            alert=alert,
            dedup_key=f"account:{MailKind.ALERT}:{user.pk}:{alert.pk}",
            expires_at=clock.now() + WORTH_SENDING,
            request_id=alert.request_id,
        )
        for user in users
    ]
    told = set(AccountMail.objects.filter(alert=alert).values_list("user_id", flat=True))
    fresh = [row for row in rows if row.user_id not in told]
    if fresh:
        AccountMail.objects.bulk_create(fresh, ignore_conflicts=True)
        queue.ring()
    return len(fresh)
