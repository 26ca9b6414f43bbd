"""The clinic's own words: write them, go back to the built-in ones."""

from django.db import transaction

from accounts.models import User
from careops.core.events import emit
from messaging.models import MessageTemplate


@transaction.atomic
def save_template(*, template: MessageTemplate, actor: User) -> MessageTemplate:
    """Store a text; messages that are planned already keep their words.

    Raises ValidationError, also for a second text of the same key, language and channel.
    """
    template.full_clean()
    new = template._state.adding
    template.save()
    name = "message_template.created" if new else "message_template.changed"
    emit(name, subject=template, actor=actor, key=template.key, language=template.language)
    return template


@transaction.atomic
def delete_template(*, template: MessageTemplate, actor: User) -> None:
    """Take the clinic's own words away: the built-in text is used again."""
    emit("message_template.deleted", subject=template, actor=actor, key=template.key)
    template.delete()
