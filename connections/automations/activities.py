"""Who hears of an activity."""

from careops.core.models import Event
from connections.enums import InviteStatus, NoticeKind
from connections.models import ActivityInvite
from connections.services.notices import notify


def tell_of_invite(event: Event) -> None:
    """Tell the client who is invited."""
    invite = _still(event, InviteStatus.PENDING)
    if invite is not None:
        notify(
            user=invite.client,
            kind=NoticeKind.ACTIVITY_INVITED,
            about=invite,
            occurrence=event.data["invited_at"],
            actor=invite.activity.professional,
        )


def tell_of_answer(event: Event) -> None:
    """Tell the professional who takes part, and who does not."""
    accepted = event.name == "activity.accepted"
    invite = _still(event, InviteStatus.ACCEPTED if accepted else InviteStatus.DECLINED)
    if invite is not None:
        notify(
            user=invite.activity.professional,
            kind=NoticeKind.ACTIVITY_ACCEPTED if accepted else NoticeKind.ACTIVITY_DECLINED,
            about=invite,
            occurrence=event.data["answered_at"],
            actor=invite.client,
        )


def tell_of_cancellation(event: Event) -> None:
    """Tell a client whose seat is gone because the activity does not take place."""
    invite = _still(event, InviteStatus.CANCELLED)
    took_part = event.data["before"] == InviteStatus.ACCEPTED
    if invite is not None and took_part and event.data["cause"] == "activity_cancelled":
        notify(
            user=invite.client,
            kind=NoticeKind.ACTIVITY_CANCELLED,
            about=invite.activity,
            occurrence=invite.client_id,
            actor=invite.activity.professional,
        )


def _still(event: Event, status: InviteStatus) -> ActivityInvite | None:
    """The invite while it is as the event left it; None when a later step has its own say."""
    invite = event.subject
    return invite if isinstance(invite, ActivityInvite) and invite.status == status else None
