"""Planning mails about accounts."""

import uuid
from datetime import timedelta

from accounts.enums import MailKind
from accounts.models import AccountMail, User
from careops.core import clock, queue
from careops.core.context import current_request_id
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
