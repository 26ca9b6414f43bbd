"""A contact's timeline: events and messages in one order, newest first.

Bookings stand in it by their events, which carry the person's id: nothing here knows what lies above.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import F, QuerySet, Value

from careops.core.models import Event
from careops.core.operations import EventRead
from careops.core.reads import Row, Rows
from messaging.models import Contact, Message
from messaging.serializers import MessageRead

ORDER = ("-moment", "-kind", "-id")


def entries(contact: Contact) -> QuerySet[Any]:
    """What the timeline holds: of each entry its kind, moment and id."""
    events = Event.objects.filter(person_id=contact.pk).order_by()
    messages = Message.objects.filter(contact=contact).order_by()
    return events.values("id", kind=Value("event"), moment=F("at")).union(
        messages.values("id", kind=Value("message"), moment=F("created_at")), all=True
    )


class TimelineRows(Rows):
    """Reads a page of entries: one query for the page, one for each kind of object on it."""

    def __init__(self) -> None:
        self.events, self.messages = Rows(EventRead), Rows(MessageRead)
        self.columns = ["id", "kind", "moment"]

    def shaped(self, found: Sequence[tuple[Any, ...]]) -> list[Row]:
        events = _by_id(self.events.all(Event.objects.filter(pk__in=_ids(found, "event"))))
        messages = _by_id(self.messages.all(Message.objects.filter(pk__in=_ids(found, "message"))))
        return [
            {
                "type": kind,
                "at": moment,
                "event": events.get(pk) if kind == "event" else None,
                "message": messages.get(pk) if kind == "message" else None,
            }
            for pk, kind, moment in found
        ]


def _ids(found: Sequence[tuple[Any, ...]], kind: str) -> list[int]:
    return [pk for pk, each, _ in found if each == kind]


def _by_id(rows: Iterable[Row]) -> dict[int, Row]:
    return {row["id"]: row for row in rows}
