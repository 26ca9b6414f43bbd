"""Practices and what is wanted there, to look at; a change that failed or is unknown is tried again."""

from django.contrib import admin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from careops.core.admin import OutboxAdmin, Verb, label
from careops.core.admin.base import ReadOnlyAdmin
from careops.core.outbox import State
from integrations.pms.enums import IntegrationState
from integrations.pms.models import PmsIntegration, PmsWriteback
from integrations.pms.services.requests import retry

COLOURS: dict[str, str] = {
    IntegrationState.NEW: "info",
    IntegrationState.ACTIVE: "success",
    IntegrationState.EXPIRING: "warning",
    IntegrationState.NEEDS_AUTHORISATION: "danger",
}


@admin.register(PmsIntegration)
class PmsIntegrationAdmin(ReadOnlyAdmin):
    list_display = ("name", "kind", "office_id", "shown_state", "token_expiry", "last_error")
    list_filter = (("state", ChoicesDropdownFilter),)
    ordering = ("name", "id")
    fields = (
        ("name", "kind"), ("office_id", "practice_id", "system"), "shown_state", ("token_expiry", "refresh_at"),
        ("last_error", "failures", "paused_until"), ("writeback_allowed", "writeback_in_plan"), "time_zone", "status_map",
        ("last_sync_at", "created_at", "updated_at"),
    )  # fmt: skip

    @display(description="State", ordering="state")
    def shown_state(self, row: PmsIntegration) -> str:
        return label(row.get_state_display(), COLOURS.get(row.state, ""))


@admin.register(PmsWriteback)
class PmsWritebackAdmin(OutboxAdmin):
    list_display = ("operation", "contact", "shown_state", "why", "created_at", "submitted_at", "ended_at")
    list_filter = (("state", ChoicesDropdownFilter), ("operation", ChoicesDropdownFilter), "integration")
    list_select_related = ("contact", "integration")
    fields = (
        ("operation", "integration"), ("contact", "entity_type", "entity_id", "entity_version"),
        ("shown_state", "why"), "error_message", ("provider_ref", "reference", "created_id", "target_id"),
        ("method", "endpoint"), ("submitted_at", "last_checked_at", "next_check_at", "check_count"),
        ("attempts", "next_attempt_at", "ended_at"), "attempts_so_far", ("created_at", "request_id"),
    )  # fmt: skip
    verbs = (
        Verb(
            name="retry",
            label="Try again",
            permission="retry",
            icon="replay",
            run=lambda writeback, actor: retry(writeback=writeback, actor=actor),
            done="It is planned again, as a new writeback.",
            note="If it is not known whether the practice took the change, look there first.",
            when=lambda writeback: writeback.state in {State.FAILED, State.UNKNOWN},
            on_lists=True,
        ),
    )
