"""What always holds of the send ledger."""

from collections.abc import Iterator

from django.db.models import Exists, OuterRef

from careops.core.models import Alert, subject_of
from careops.core.outbox import State
from messaging.models import Message


def unknown_messages_are_told() -> Iterator[str]:
    """Somebody is asked about each message whose outcome is unknown."""
    about = {**subject_of(Message()), "subject_id": OuterRef("pk")}
    told = Alert.objects.unresolved().filter(kind="message_unknown", **about)
    rows = Message.objects.filter(~Exists(told), state=State.UNKNOWN)
    for pk in rows.order_by("pk").values_list("pk", flat=True):
        yield f"message {pk}: its outcome is unknown, and no alert says so"


INVARIANTS = (unknown_messages_are_told,)
