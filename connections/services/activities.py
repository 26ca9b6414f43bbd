"""Activities: offered by a professional, taken up by connected clients, seat by seat."""

from typing import Any

from django.db import transaction

from accounts.models import User
from careops.core import clock
from careops.core.events import emit
from connections.enums import LIVE_INVITES, InviteAnswer, InviteStatus
from connections.exceptions import (
    ActivityFull,
    ActivityOver,
    AlreadyAnswered,
    AlreadyInvited,
    AskedTooSoon,
    NotConnected,
    UnknownActivity,
    UnknownInvite,
)
from connections.models import Activity, ActivityInvite, Connection
from connections.services.invites import cancel_invites
from connections.services.pairs import lock_professional
from connections.services.waits import rest_of_a_day


@transaction.atomic
def create_activity(*, professional: User, **values: Any) -> Activity:
    """Offer an activity of these field values, which are validated."""
    activity = Activity(professional=professional, **values)
    activity.save(force_insert=True)
    emit("activity.created", subject=activity, actor=professional, **_offered(activity))
    return activity


@transaction.atomic
def cancel_activity(*, activity: Activity, actor: User | None) -> Activity:
    """Cancel it, and every invite that waits for an answer or holds a seat. Raises UnknownActivity when it is gone."""
    activity = locked_activity(activity.pk, activity.professional_id)
    activity.cancelled_at = clock.now()
    activity.save(update_fields=["cancelled_at"])
    cancel_invites(activity.invites.all(), cause="activity_cancelled", actor=actor)
    emit("activity.cancelled", subject=activity, actor=actor, **_offered(activity))
    return activity


@transaction.atomic
def invite_to_activity(*, activity_id: int, client_id: int, professional: User) -> ActivityInvite:
    """Invite a connected client to one's own activity; after a refusal once a day.

    Raises UnknownActivity, NotConnected for everybody else, AlreadyInvited, ActivityOver, AskedTooSoon.
    """
    activity = locked_activity(activity_id, professional.pk)
    connected = (
        Connection.objects.accepted().between(professional.pk, client_id).select_related("client__contact")
    )
    connection = connected.first()
    if connection is None or connection.client is None:
        raise NotConnected
    _refuse_over(activity)
    invite = activity.invites.select_for_update(no_key=True).filter(client=connection.client).first()
    if invite is None:
        invite = ActivityInvite(activity=activity, client=connection.client)
    else:
        _refuse_again(invite)
    invite.activity, invite.client = activity, connection.client
    invite.status, invite.invited_at = InviteStatus.PENDING, clock.now()
    invite.answered_at = invite.cancelled_at = None
    invite.save()
    emit(
        "activity.invited",
        subject=invite,
        actor=professional,
        activity_id=activity.pk,
        invited_at=invite.invited_at.isoformat(),
    )
    return invite


@transaction.atomic
def respond_to_invite(*, invite: ActivityInvite, given: InviteAnswer, actor: User) -> ActivityInvite:
    """Accept, which takes a seat, or decline, which gives one back that was taken.

    Seats are counted from the rows under the professional's lock. Raises UnknownInvite, AlreadyAnswered, ActivityOver,
    ActivityFull.
    """
    professional = lock_professional(invite.activity.professional_id)
    visible = ActivityInvite.objects.visible_to(actor).standing()
    found = visible.select_for_update(no_key=True, of=("self",)).select_related("activity", "client__contact")
    invite = found.filter(pk=invite.pk, activity__professional=professional).first() or _unknown_invite()
    takes = given == InviteAnswer.ACCEPT
    if invite.status != InviteStatus.PENDING and (takes or invite.status != InviteStatus.ACCEPTED):
        raise AlreadyAnswered
    _refuse_over(invite.activity)
    if takes:
        _refuse_full(invite.activity)
    before, invite.status = invite.status, InviteStatus.ACCEPTED if takes else InviteStatus.DECLINED
    invite.answered_at = clock.now()
    invite.save(update_fields=["status", "answered_at"])
    emit(
        f"activity.{invite.status}",
        subject=invite,
        actor=actor,
        activity_id=invite.activity_id,
        before=before,
        answered_at=invite.answered_at.isoformat(),
    )
    return invite


def locked_activity(activity_id: int, professional_id: int) -> Activity:
    """The professional's activity under the professional's lock. Raises UnknownActivity when it is cancelled too."""
    lock_professional(professional_id)
    rows = Activity.objects.planned().select_for_update(no_key=True)
    found = rows.filter(pk=activity_id, professional=professional_id).first()
    if found is None:
        raise UnknownActivity
    return found


def _refuse_over(activity: Activity) -> None:
    if activity.starts_at is not None and activity.starts_at <= clock.now():
        raise ActivityOver


def _refuse_full(activity: Activity) -> None:
    if activity.capacity is not None and activity.invites.seated().count() >= activity.capacity:
        raise ActivityFull


def _refuse_again(invite: ActivityInvite) -> None:
    if invite.status in LIVE_INVITES:
        raise AlreadyInvited
    if invite.status == InviteStatus.DECLINED and (left := rest_of_a_day(invite.invited_at)):
        raise AskedTooSoon(retry_after=left)


def _offered(activity: Activity) -> dict[str, Any]:
    return {
        "starts_at": activity.starts_at.isoformat() if activity.starts_at else None,
        "capacity": activity.capacity,
    }


def _unknown_invite() -> ActivityInvite:
    raise UnknownInvite
