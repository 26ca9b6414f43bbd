"""Who changed a row while a page was open, as the row's events tell."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model

from careops.core.admin.history import actor_of, history_of
from careops.core.admin.shown import date_and_time
from careops.core.context import current_request_id

SLACK = timedelta(minutes=1)  # an event has the time of its verb, its transaction ends later
LAST_EVENTS = 20
CODE = "changed_meanwhile"


@dataclass(frozen=True)
class RecentChanges:
    """The event rows of an object, and the reader who may see them."""

    subject: Model
    reader: Any
    since: datetime | None

    def by(self, names: Collection[str] = ()) -> str:
        """Such as `Ada Admin on 3 Jun 2030, 10:30`: who changed these fields last, or empty.

        Events that name only other fields are left out, and so are the events of this request.
        """
        events = history_of(self.subject, self.reader).exclude(request_id=current_request_id() or "none")
        if self.since is not None:
            events = events.filter(at__gte=self.since - SLACK)
        found = list(events[:LAST_EVENTS])
        wanted = set(names)
        named = [each for each in found if wanted & set(each.data.get("fields", ()))]
        silent = [each for each in found if "fields" not in each.data or not wanted]
        event = next(iter(named or silent), None)
        return f"{actor_of(event)} on {date_and_time(event.at)}" if event is not None else ""
