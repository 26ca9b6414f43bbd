"""Mails that wait to be sent while what they tell changes."""

from django.apps import apps

from careops.core.models import Event
from messaging.services.messages import withdraw


def withdraw_outdated(event: Event) -> None:
    """Take back the mails about the object that were planned before: it is not any more as they say.

    The notices stay, and so does what was planned since, when this comes late.
    """
    pk = event.data.get("merged_id", event.subject_id)
    withdraw(
        about=apps.get_model(event.subject_type)(pk=pk), reason="outdated", planned_before=event.at
    )  # fmt: skip
