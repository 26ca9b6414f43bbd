"""Ending invites to activities, whatever ends them."""

from typing import Any

from careops.core import clock
from careops.core.events import emit
from connections.enums import InviteStatus
from connections.models import ActivityInvite
from connections.querysets import ActivityInviteQuerySet


def cancel_invites(invites: ActivityInviteQuerySet, *, cause: str, actor: Any) -> None:
    """Cancel those that wait for an answer or hold a seat, under the professional's lock."""
    live = invites.live().select_for_update(no_key=True, of=("self",)).select_related("client__contact")
    for invite in live.order_by("pk"):
        _cancel(invite, cause=cause, actor=actor)


def _cancel(invite: ActivityInvite, *, cause: str, actor: Any) -> None:
    before, invite.status, invite.cancelled_at = invite.status, InviteStatus.CANCELLED, clock.now()
    invite.save(update_fields=["status", "cancelled_at"])
    emit(
        "activity.invite_cancelled",
        subject=invite,
        actor=actor,
        activity_id=invite.activity_id,
        before=before,
        cause=cause,
    )
