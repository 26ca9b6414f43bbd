"""Messages: plan, withdraw, reply, send again, settle."""

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from django.conf import settings
from django.db import models, transaction

from accounts.models import User
from careops.core import clock, mail, queue
from careops.core.alerts import resolve_alert
from careops.core.context import current_request_id
from careops.core.events import emit
from careops.core.identity import CONTROL
from careops.core.outbox import State, transition
from careops.core.prepared import Prepared, insert
from messaging import channels, texts
from messaging.enums import Channel, PauseReason
from messaging.exceptions import (
    ChannelUnavailable,
    InvalidSubject,
    NoAddress,
    NotResendable,
    NotUnknown,
)
from messaging.models import Contact, Message, MessageTemplate
from messaging.recipients import NO_ADDRESS, Recipient
from messaging.sending import MESSAGE_FAILED, MESSAGES
from messaging.services.contacts import locked, pause
from messaging.values import one_line

OWN_WORDS = Prepared()
SUBJECT_LENGTH = 200


def plan(
    *,
    contact: Contact | None = None,
    user: User | None = None,
    address: str = "",
    rule: str,
    about: models.Model,
    occurrence: str | int,
    context: Mapping[str, texts.Value] | None = None,
    channel: Channel = Channel.EMAIL,
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
    automated: bool = True,
    unwanted: str = "",
) -> Message | None:
    """Plan the message of a rule about an object, once per ``occurrence``; None for an erased contact.

    It goes to a contact, to somebody who signs in, or to an ``address`` that is nobody's here. The text named
    ``rule`` is filled with ``context`` now. Without an address, while automation is paused, or when the caller
    says why it is ``unwanted``, the row is written as ``suppressed`` with the reason. When the occurrence was
    planned before, nothing is written and the answer has that row's id; read it again for its state.
    """
    to = Recipient(contact=contact, user=user, address=address)
    if to.is_erased:
        return None
    subject, body = _rendered(to, rule, channel, context or {})
    message = Message(
        dedup_key=f"{channel.value}:{rule}:{about._meta.label_lower}:{about.pk}:{occurrence}",
        contact=contact,
        user=user,
        channel=channel,
        automated=automated,
        rule=rule,
        about_type=about._meta.label_lower,
        about_id=about.pk,
        to_address=to.address_on(channel),
        subject=subject,
        body=body,
        next_attempt_at=not_before or clock.now(),
        expires_at=expires_at,
        request_id=current_request_id(),
    )
    if reason := unwanted or _unwanted(message, to):
        message.state, message.reason, message.ended_at = State.SUPPRESSED, reason, clock.now()
    insert(message, unless_known_by="dedup_key")
    if message.state == State.PENDING:
        queue.ring()
    return message


def withdraw(
    *,
    about: models.Model,
    reason: str,
    rules: Collection[str] | None = None,
    planned_before: datetime | None = None,
    state: State = State.CANCELLED,
) -> int:
    """End the messages about an object that have not reached the wire, of these rules or all; how many.

    With ``planned_before``, those that were planned since stay.
    """
    rows = Message.objects.filter(about_type=about._meta.label_lower, about_id=about.pk)
    if rules is not None:
        rows = rows.filter(rule__in=rules)
    if planned_before is not None:
        rows = rows.filter(created_at__lt=planned_before)
    return transition(rows.withdrawable(), state, reason=reason)


def forget(about: "models.QuerySet[Any]") -> None:
    """Withdraw and wipe all messages about these objects, whoever they went to: a person in their words is erased."""
    rows = Message.objects.filter(about_type=about.model._meta.label_lower, about_id__in=about.values("pk"))
    wipe(rows)


def wipe(rows: "models.QuerySet[Message]") -> None:
    """Withdraw these messages where they still wait, and erase every text and address of them, files included."""
    transition(rows.withdrawable(), State.CANCELLED, reason="contact_erased")  # type: ignore[attr-defined]
    mail.forget_files(rows.values_list("dedup_key", flat=True))
    rows.update(to_address="", to_address_key="", subject="", subject_key="", body="")


@transaction.atomic
def send_reply(
    *, contact: Contact, body: str, actor: User, channel: Channel = Channel.EMAIL, subject: str = ""
) -> Message:
    """Queue what a person of the clinic writes. Automated messages to the contact stop, planned ones included.

    They stop until resumed, or for REPLY_PAUSE_HOURS. Raises InvalidSubject, ChannelUnavailable, NoAddress,
    ContactErased.
    """
    if len(subject) > SUBJECT_LENGTH or CONTROL.search(subject):
        raise InvalidSubject
    contact = locked(contact)
    message = Message.objects.create(
        dedup_key=f"{channel.value}:reply:{uuid.uuid4()}",
        contact=contact,
        channel=channel,
        rule="reply",
        to_address=_reachable(Recipient(contact=contact), channel),
        subject=subject,
        body=body,
        sender=actor,
        request_id=current_request_id(),
    )
    hours = settings.REPLY_PAUSE_HOURS
    until = clock.now() + timedelta(hours=hours) if hours else None
    pause(contact=contact, actor=actor, until=until, reason=PauseReason.STAFF_REPLIED)
    emit("contact.replied_to", subject=contact, actor=actor, message_id=message.pk, channel=channel.value)
    queue.ring()
    return message


@transaction.atomic
def resend(*, message: Message, actor: User) -> Message:
    """Send a failed or unknown message again, to the recipient's present address, as a new row; once per row.

    The old row's alert is closed, and an unknown one is settled as failed. Raises NotResendable, NoAddress,
    ChannelUnavailable, ContactErased.
    """
    to = _locked_recipient(message)
    message = Message.objects.select_for_update().get(pk=message.pk)
    if message.state not in {State.FAILED, State.UNKNOWN} or not message.body:  # wiped with the person in it
        raise NotResendable
    if message.state == State.UNKNOWN:
        MESSAGES.settle(message, State.FAILED, reason="resent")
    address = _reachable(to, message.channel)
    resolve_alert(MESSAGE_FAILED, subject=message)
    again, made = Message.objects.get_or_create(
        dedup_key=f"{message.channel}:resend:{message.pk}",
        defaults={
            "contact": to.contact,
            "user": to.user,
            "channel": message.channel,
            "rule": message.rule,
            "about_type": message.about_type,
            "about_id": message.about_id,
            "to_address": address,
            "subject": message.subject,
            "body": message.body,
            "sender": actor,
            "request_id": current_request_id(),
        },
    )
    if made:
        emit("message.resent", subject=message, actor=actor, message_id=again.pk)
        queue.ring()
    return again


@transaction.atomic
def settle(*, message: Message, outcome: Literal["sent", "failed", "resend"], actor: User) -> Message:
    """Settle an unknown message by a person's word and close its alert; ``resend`` returns the new row.

    Raises NotUnknown, and as ``resend`` does.
    """
    if outcome == "resend":
        if message.state != State.UNKNOWN:
            raise NotUnknown
        return resend(message=message, actor=actor)
    if not MESSAGES.settle(message, State(outcome), reason="settled"):
        raise NotUnknown
    emit("message.settled", subject=message, actor=actor, outcome=outcome)
    message.refresh_from_db()
    return message


def _rendered(
    to: Recipient, rule: str, channel: Channel, context: Mapping[str, texts.Value]
) -> tuple[str, str]:
    """Subject and body in the recipient's language, else the installation's, else the built-in words."""
    languages = [to.language, settings.DEFAULT_LANGUAGE]
    own = OWN_WORDS.objects(MessageTemplate, _own_words, rule, channel.value, *languages)
    words = sorted(own, key=lambda template: languages.index(template.language))
    text: MessageTemplate | texts.Text = words[0] if words else texts.TEXTS[rule]
    language = words[0].language if words else texts.BUILT_IN_LANGUAGE
    given: dict[str, texts.Value] = {"contact_name": to.name, **context}
    values = {name: texts.in_language(given.get(name, ""), language) for name in texts.names_of(rule)}
    return one_line(texts.fill(text.subject, values))[:SUBJECT_LENGTH], texts.fill(text.body, values)


def _own_words(rule: str, channel: str, *languages: str) -> models.QuerySet[MessageTemplate]:
    return MessageTemplate.objects.filter(key=rule, channel=channel, language__in=languages).order_by()


def _unwanted(message: Message, to: Recipient) -> str:
    """Why a message is not to be sent at all; '' when it is."""
    if not message.to_address or not channels.is_available(message.channel):
        return NO_ADDRESS
    return to.pause_reason if message.automated else ""


def _locked_recipient(message: Message) -> Recipient:
    """Whom a message went to, locked and read again. Raises ContactErased, NoAddress."""
    if message.contact is not None:
        return Recipient(contact=locked(message.contact))
    if message.user_id is not None:
        return Recipient(
            user=User.objects.get_queryset().select_for_update(no_key=True).get(pk=message.user_id)
        )
    if not message.to_address:
        raise NoAddress
    return Recipient(address=message.to_address)


def _reachable(to: Recipient, channel: str) -> str:
    if not channels.is_available(channel):
        raise ChannelUnavailable
    if not (address := to.address_on(channel)):
        raise NoAddress
    return address
