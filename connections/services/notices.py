"""Telling people: a notice they find when they sign in, and a mail unless they switched it off."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q

from accounts.models import User
from careops.core import clock
from careops.core.events import emit
from careops.core.prepared import insert
from connections.enums import NoticeKind
from connections.models import Activity, ActivityInvite, Connection, Notice, NoticePreference
from connections.texts import INVITATION, SOMEBODY
from messaging.models import Message
from messaging.services.messages import forget, plan

MAIL_OFF = "mail_off"
ACTOR_UNCONFIRMED = "actor_unconfirmed"


def notify(
    *, user: User, kind: NoticeKind, about: models.Model, occurrence: str | int, actor: User | None = None
) -> None:
    """Tell ``user`` of something that ``actor`` did, once per object and ``occurrence``, and plan the mail of it.

    The mail is planned as ``suppressed`` where the person switched it off, and where the address of ``actor`` is not
    confirmed. ``actor`` is None where the person is not to know who it was. Belongs into the transaction of what is
    told.
    """
    label = about._meta.label_lower
    notice = Notice(
        user=user,
        kind=kind,
        actor=actor,
        about_type=label,
        about_id=about.pk,
        dedup_key=f"{kind.value}:{label}:{about.pk}:{user.pk}:{occurrence}",
    )
    insert(notice, unless_known_by="dedup_key")
    told: Any = Notice.objects.filter(pk=notice.pk).as_told()
    actor_name, called, mail_off = told.values_list("shown_name", "about_name", "mail_off").get()
    plan(
        user=user,
        rule=kind.value,
        about=about,
        occurrence=f"{user.pk}.{occurrence}",
        context={"actor_name": actor_name, "about": called, "link": settings.FRONT_END_URL},
        unwanted=MAIL_OFF if mail_off else _unproved(actor),
    )


def invite(*, email: str, professional: User, connection: Connection, occurrence: str | int) -> None:
    """Plan the mail that asks whoever has the address to sign up, once per connection and ``occurrence``.

    It is ``suppressed`` while the professional's own address is not confirmed. It names a professional only if the
    clinic has approved them: a stranger reads no words of anybody else.
    """
    named = professional.name if professional.is_vouched_for else SOMEBODY
    plan(
        address=email,
        rule=INVITATION.key,
        about=connection,
        occurrence=occurrence,
        context={"actor_name": named, "link": settings.SIGN_UP_URL},
        unwanted=_unproved(professional),
    )


def move(about: Connection, to: Connection) -> None:
    """Let what was told of one row be told of the other, which takes its place."""
    label = about._meta.label_lower
    for table in (Notice, Message):
        table._default_manager.filter(about_type=label, about_id=about.pk).update(about_id=to.pk)


def _unproved(actor: User | None) -> str:
    """Why no mail goes out for this person: whoever has not proved an address makes us write to nobody."""
    return "" if actor is None or actor.email_confirmed else ACTOR_UNCONFIRMED


def export_notices(user: User) -> list[dict[str, Any]]:
    """What the user was told."""
    columns = ("id", "kind", "about_type", "about_id", "created_at", "read_at")
    return list(Notice.objects.filter(user=user).order_by("pk").values(*columns))


def forget_notices(user: User) -> None:
    """Let nobody's mails name the user any more, and forget what they were told and chose."""
    forget(Connection.objects.filter(Q(client=user) | Q(professional=user)))
    forget(ActivityInvite.objects.filter(Q(client=user) | Q(activity__professional=user)))
    forget(Activity.objects.filter(professional=user))
    user.notices.all().delete()
    user.notice_preferences.all().delete()


def mark_read(*, notice: Notice) -> None:
    """Reading again changes nothing."""
    Notice.objects.filter(pk=notice.pk).unread().update(read_at=clock.now())


def mark_all_read(*, user: User, up_to: int | None = None) -> int:
    """Mark the user's notices as read, those behind ``up_to`` left out; how many were unread."""
    rows = Notice.objects.visible_to(user).unread()
    if up_to is not None:
        rows = rows.filter(pk__lte=up_to)
    return rows.update(read_at=clock.now())


def preferences_of(user: User) -> dict[str, dict[str, bool]]:
    """For every kind of notice whether a mail is sent."""
    chosen = dict(NoticePreference.objects.filter(user=user).values_list("kind", "mail"))
    return {kind: {"mail": chosen.get(kind, True)} for kind in NoticeKind.values}


@transaction.atomic
def choose(*, user: User, mail: Mapping[str, bool]) -> None:
    """Send mails with the notices of these kinds, or send none; the other kinds stay as they are."""
    user = User.objects.get_queryset().select_for_update(no_key=True).get(pk=user.pk)
    before = preferences_of(user)
    changed = {kind: wanted for kind, wanted in mail.items() if before[kind]["mail"] != wanted}
    if not changed:
        return
    NoticePreference.objects.bulk_create(
        [NoticePreference(user=user, kind=kind, mail=wanted) for kind, wanted in changed.items()],
        update_conflicts=True,
        unique_fields=["user", "kind"],
        update_fields=["mail"],
    )
    on, off = ([kind for kind in changed if changed[kind] is wanted] for wanted in (True, False))
    emit("user.notices_chosen", subject=user, actor=user, mail_on=on, mail_off=off)
