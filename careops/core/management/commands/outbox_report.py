from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db.models import Count, Min

from careops.core import clock
from careops.core.outbox import UNFINISHED, OutboxRow, State

TO_SHOW = (State.UNKNOWN, State.STUCK, State.FAILED)
MAX_IDS = 50


class Command(BaseCommand):
    help = "Count the rows of every outbox by state, with the oldest unfinished one; no personal data."

    def handle(self, **_options: Any) -> None:
        for model in apps.get_models():
            if issubclass(model, OutboxRow):
                self.report(model)

    def report(self, model: type[OutboxRow]) -> None:
        """Print one table's states, how long its oldest unfinished row waits, and the ids a person must look at."""
        rows = model._default_manager.order_by()
        counts = dict(rows.values_list("state").annotate(n=Count("pk")).order_by("state"))
        states = ", ".join(f"{n} {state}" for state, n in counts.items()) or "empty"
        self.stdout.write(f"{model._meta.label_lower}: {states}")
        oldest = rows.filter(state__in=UNFINISHED).aggregate(at=Min("created_at"))["at"]
        if oldest:
            minutes = int((clock.now() - oldest).total_seconds() // 60)
            self.stdout.write(f"  oldest unfinished: {oldest:%Y-%m-%d %H:%M} UTC, {minutes} min ago")
        for state in TO_SHOW:
            ids = list(rows.filter(state=state).order_by("-pk").values_list("pk", flat=True)[: MAX_IDS + 1])
            if ids:
                more = " …" if len(ids) > MAX_IDS else ""
                self.stdout.write(f"  {state}: {' '.join(map(str, ids[:MAX_IDS]))}{more}")
