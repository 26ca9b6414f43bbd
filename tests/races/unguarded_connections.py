"""The installation without its guard over connections and seats: it looks first, and writes later what it decided."""

import time
from typing import Any
from unittest.mock import patch

from careops.rsgi import application as application  # sets Django up, which the imports below need

# isort: split
from django.db import transaction

from careops.core.identity import normal_email
from connections.enums import Answer, InviteStatus, Side
from connections.exceptions import ActivityFull, AlreadyAnswered
from connections.models import ActivityInvite, Connection
from connections.services import activities, requests, steps
from connections.services.pairs import holder_of

LONG_ENOUGH = 0.1  # so that others look too, however busy the machine is


def respond(*, connection: Connection, given: Any, actor: Any) -> Connection:
    found = Connection.objects.select_related("professional", "client__contact").get(pk=connection.pk)
    if found.status != "pending":
        raise AlreadyAnswered
    time.sleep(LONG_ENOUGH)
    with transaction.atomic():
        return steps.answer(found, given, actor=actor)


def request_professional(*, client: Any, professional_id: int) -> Connection:
    return _ask(professional_id, client, by=Side.CLIENT, actor=client)


def invite_client(*, professional: Any, email: str) -> Connection:
    return _ask(professional.pk, holder_of(normal_email(email)), by=Side.PROFESSIONAL, actor=professional)


def _ask(professional_id: int, client: Any, *, by: Side, actor: Any) -> Connection:
    found = Connection.objects.filter(professional=professional_id, client=client).first()
    time.sleep(LONG_ENOUGH)
    with transaction.atomic():
        if found is not None:
            return steps.answer(found, Answer.ACCEPT, actor=actor)
        asked = Connection(professional_id=professional_id, client=client)
        return steps.ask(asked, by=by, actor=actor)


def respond_to_invite(*, invite: ActivityInvite, given: Any, actor: Any) -> ActivityInvite:
    if invite.activity.invites.seated().count() >= (invite.activity.capacity or 0):
        raise ActivityFull
    time.sleep(LONG_ENOUGH)
    invite.status, invite.answered_at = InviteStatus.ACCEPTED, invite.invited_at
    invite.save(update_fields=["status", "answered_at"])
    return invite


for _module, _verb in (
    (requests, respond), (requests, request_professional), (requests, invite_client),
    (activities, respond_to_invite),
):  # fmt: skip
    patch.object(_module, _verb.__name__, _verb).start()
