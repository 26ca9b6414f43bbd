"""Alerts, events and automation runs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display

from careops.core.admin.base import ReadOnlyAdmin
from careops.core.admin.history import actor_of, details_of, find_subjects, subject_link, title_of, with_actor
from careops.core.admin.shown import date_and_time, label
from careops.core.admin.verbs import Verb
from careops.core.alerts import dismiss, kind_title, kind_todo, kinds
from careops.core.models import Alert, AlertStatus, Event, HandlerRun
from careops.core.outbox import State
from careops.core.querysets import SEVEREST_FIRST, SEVERITY

# The colours that stand behind the words; what is not here has none.
SEVERITIES: dict[str, str] = {"info": "info", "warning": "warning", "critical": "danger"}
ALERT_STATUSES: dict[str, str] = {"active": "warning", "resolved": "success"}
STATES: dict[str, str] = {
    **dict.fromkeys((State.PENDING, State.SENDING, State.SUBMITTED), "info"),
    **dict.fromkeys((State.SENT, State.DELIVERED, State.COMPLETED), "success"),
    **dict.fromkeys((State.FAILED, State.BOUNCED), "danger"),
    **dict.fromkeys((State.UNKNOWN, State.STUCK), "warning"),
}


class KindFilter(DropdownFilter):
    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return sorted(((kind.name, kind.title) for kind in kinds().values()), key=lambda each: each[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Alert]) -> QuerySet[Alert]:
        return queryset.filter(kind=self.value()) if self.value() in kinds() else queryset


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    judged_by = ("status",)
    list_display = ("title", "shown_severity", "shown_status", "subject", "times", "last_seen")
    list_filter = (("status", ChoicesDropdownFilter), ("severity", ChoicesDropdownFilter), KindFilter)
    # By the alphabet, the active ones come first; of them the critical ones, then the newest.
    ordering = ("status", SEVEREST_FIRST, "-last_seen", "-id")
    fields = (
        "title", "todo", ("shown_severity", "shown_status"), "subject", "shown_detail", "times",
        ("first_seen", "last_seen"), ("dismissed", "resolved_at"), "request_id",
    )  # fmt: skip
    verbs = (
        Verb(
            name="dismiss",
            label="Dismiss",
            permission="dismiss",
            icon="done",
            run=lambda alert, actor: dismiss(alert=alert, actor=actor),
            done="The alert is dismissed. It comes back when its cause ends and begins again.",
            when=lambda alert: alert.status == AlertStatus.ACTIVE,
            on_lists=True,
        ),
    )

    def prepare(self, rows: Sequence[Any]) -> None:
        find_subjects(rows)

    @display(description="Alert", ordering="kind")
    def title(self, alert: Alert) -> str:
        return kind_title(alert.kind)

    @display(description="What to do")
    def todo(self, alert: Alert) -> str:
        return kind_todo(alert.kind)

    @display(description="Severity", ordering=SEVERITY)
    def shown_severity(self, alert: Alert) -> str:
        return label(alert.get_severity_display(), SEVERITIES.get(alert.severity, ""))

    @display(description="Status", ordering="status")
    def shown_status(self, alert: Alert) -> str:
        return label(alert.get_status_display(), ALERT_STATUSES.get(alert.status, ""))

    @display(description="About")
    def subject(self, alert: Alert) -> str:
        return subject_link(alert)

    @display(description="Detail")
    def shown_detail(self, alert: Alert) -> str:
        return alert.detail

    @display(description="Times", ordering="count")
    def times(self, alert: Alert) -> str:
        """How often since its cause began."""
        return str(alert.count)

    @display(description="Dismissed")
    def dismissed(self, alert: Alert) -> str:
        """By whom and when."""
        if alert.dismissed_at is None:
            return ""
        who = alert.dismissed_by.name if alert.dismissed_by else "Somebody whose account is gone"
        return f"{who}, {date_and_time(alert.dismissed_at)}"


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ("what", "subject", "who", "at", "details")
    list_filter = ("name",)
    search_fields = ("name", "request_id")
    search_help_text = "Search by the whole kind or by request id"
    fields = ("what", "subject", "who", "at", "details", "request_id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return with_actor(super().get_queryset(request))

    def prepare(self, rows: Sequence[Any]) -> None:
        find_subjects(rows)

    @display(description="What happened", ordering="name")
    def what(self, event: Event) -> str:
        return title_of(event.name)

    @display(description="About")
    def subject(self, event: Event) -> str:
        return subject_link(event)

    @display(description="Who")
    def who(self, event: Event) -> str:
        return actor_of(event)

    @display(description="Details")
    def details(self, event: Event) -> str:
        return " · ".join(details_of(event))


class OutboxAdmin(ReadOnlyAdmin):
    """What every table of wanted effects shows."""

    list_filter: ClassVar[Any] = (("state", ChoicesDropdownFilter),)
    judged_by = ("state",)

    @display(description="State", ordering="state")
    def shown_state(self, row: Any) -> str:
        return label(row.get_state_display(), STATES.get(row.state, ""))

    @display(description="Reason")
    def why(self, row: Any) -> str:
        return str(row.reason).replace("_", " ")

    @display(description="Attempts so far")
    def attempts_so_far(self, row: Any) -> str:
        """When it was tried and what came of it."""
        tries = [
            " ".join((date_and_time(datetime.fromisoformat(at)), *rest))
            for at, *rest in (map(str, attempt.values()) for attempt in row.history)
        ]
        return "\n".join(tries)


@admin.register(HandlerRun)
class HandlerRunAdmin(OutboxAdmin):
    list_display = ("what", "handler", "shown_state", "attempts", "next_attempt_at", "created_at")
    list_select_related = ("event",)
    fields = (
        "what", "handler", ("shown_state", "why"), ("attempts", "next_attempt_at", "ended_at"), "attempts_so_far",
        ("created_at", "request_id"),
    )  # fmt: skip

    @display(description="Event", ordering="event__name")
    def what(self, run: HandlerRun) -> str:
        return title_of(run.event.name)
