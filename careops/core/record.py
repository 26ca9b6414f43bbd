"""The record of one person: what was done about them (events) and who was shown what (access records), newest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import OuterRef, QuerySet, Subquery

from careops.core.models import AccessRecord, Event

NEWEST = 2**63 - 1


@dataclass(frozen=True)
class Place:
    """Behind which event and which access record a page begins."""

    event: int = NEWEST
    access: int = NEWEST


@dataclass(frozen=True)
class RecordPage:
    """``rows`` have ``actor_name``, '' for nobody; ``older`` is None on the last page."""

    rows: list[Event | AccessRecord]
    older: Place | None


def page_of(person_id: int, *, place: Place, limit: int) -> RecordPage:
    """The next ``limit`` rows of a person's record, in three statements at most."""
    events = _named(Event.objects.filter(person_id=person_id, pk__lt=place.event))
    access = _named(AccessRecord.objects.of(person_id).filter(pk__lt=place.access))
    found: list[Any] = [*events[: limit + 1], *access[: limit + 1]]
    found.sort(key=lambda row: (row.at, row.pk), reverse=True)
    rows = found[:limit]
    older = Place(
        event=min((row.pk for row in rows if isinstance(row, Event)), default=place.event),
        access=min((row.pk for row in rows if isinstance(row, AccessRecord)), default=place.access),
    )
    return RecordPage(rows, older if len(found) > limit else None)


def rows_of(
    person_id: int, *, since: datetime | None = None, limit: int = 500
) -> Iterator[Event | AccessRecord]:
    """Every row of a person's record, newest first, back to ``since``."""
    place: Place | None = Place()
    while place is not None:
        page = page_of(person_id, place=place, limit=limit)
        for row in page.rows:
            if since is not None and row.at < since:
                return
            yield row
        place = page.older


def words_of(row: Event | AccessRecord) -> str:
    """What a row says was done, without any person's data."""
    if isinstance(row, Event):
        return f"{row.name} ({row.subject_type} {row.subject_id})"
    asked = f"{row.method} {row.route}".strip()
    return f"{row.action} ({row.get_door_display()}: {asked}{f', {row.object_id}' if row.object_id else ''})"


def _named(rows: Any) -> QuerySet[Any]:
    names = get_user_model()._default_manager.filter(pk=OuterRef("actor_id")).values("name")[:1]
    annotated: QuerySet[Any] = rows.annotate(actor_name=Subquery(names)).order_by("-pk")
    return annotated
