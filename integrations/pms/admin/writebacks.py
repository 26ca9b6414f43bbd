"""What is wanted at the practices, to look at; a change that failed or is unknown is tried again."""

from django.contrib import admin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from careops.core.admin import OutboxAdmin, Verb
from careops.core.admin.history import find_subjects, subject_link
from careops.core.outbox import State
from integrations.pms.admin.words import why_waiting
from integrations.pms.models import PmsWriteback
from integrations.pms.services.requests import retry


@admin.register(PmsWriteback)
class PmsWritebackAdmin(OutboxAdmin):
    list_display = ("operation", "contact", "shown_state", "why", "created_at", "submitted_at", "ended_at")
    list_filter = (
        ("result", ChoicesDropdownFilter), ("state", ChoicesDropdownFilter), ("operation", ChoicesDropdownFilter),
        "integration",
    )  # fmt: skip
    list_select_related = ("contact", "integration")
    fields = (
        ("operation", "integration"), ("subject", "contact"), ("shown_state", "why"), "error_message",
        ("provider_ref", "reference"), ("target_id", "created_id"), ("method", "endpoint"),
        ("submitted_at", "last_checked_at"), ("next_check_at", "check_count"), ("attempts", "next_attempt_at"),
        "ended_at", "attempts_so_far", "created_at", "request_id",
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

    @display(description="Reason")
    def why(self, row: PmsWriteback) -> str:
        """Of one that waits: what for."""
        held = why_waiting(row.integration) if row.state == State.PENDING else ""
        return f"waits: {held}" if held else super().why(row)

    @display(description="About")
    def subject(self, row: PmsWriteback) -> str:
        """The booking or contact as it is now; only a row's own page asks for it."""
        row.subject_type, row.subject_id = row.entity_type, row.entity_id  # type: ignore[attr-defined]
        find_subjects([row])
        return subject_link(row)
