"""How referrals stand with NoCodeBackend: to look at, and to send again."""

from typing import Any

from django.contrib import admin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from accounts.permissions import BACK_OFFICE, allowed
from careops.core.admin import OutboxAdmin, ReadOnlyAdmin, Verb, label
from careops.core.alerts import resolve_alert
from careops.core.outbox import State
from integrations.nocodebackend.alerts import REFERRAL_DELETED_THERE
from integrations.nocodebackend.enums import Origin
from integrations.nocodebackend.errors import SENTENCES
from integrations.nocodebackend.models import Instance, ReferralSync
from integrations.nocodebackend.services import health
from integrations.nocodebackend.services.marking import send_again

allowed("nocodebackend.instance", list=BACK_OFFICE, retry=BACK_OFFICE)
REASONS = {
    "lease_lost": "The worker was stopped while it was sent.",
    "other_instance": "The installation uses another instance now.",
    "": "",
}


def in_words(code: str) -> str:
    """A code as a person says it."""
    return SENTENCES.get(code) or REASONS.get(code, code.replace("_", " ").capitalize())


def _send_again(sync: ReferralSync, actor: Any) -> None:
    send_again(sync)
    resolve_alert(REFERRAL_DELETED_THERE, subject=sync)


@admin.register(ReferralSync)
class ReferralSyncAdmin(OutboxAdmin):
    list_display = ("shown_referral", "shown_origin", "remote_id", "standing", "synced_at", "last_error")
    list_display_links = ("shown_referral",)
    list_filter = (("state", ChoicesDropdownFilter), ("origin", ChoicesDropdownFilter))
    list_select_related = ("referral",)
    search_fields = ("reference",)
    search_help_text = "Search by reference"
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": (("shown_referral", "shown_origin"), ("reference", "remote_id"), "instance")}),
        (
            "In step",
            {
                "fields": (
                    ("standing", "last_error"),
                    ("synced_at", "dirty_since"),
                    ("deleted_there_at", "attempts"),
                    "next_attempt_at",
                    "attempts_so_far",
                    "request_id",
                )
            },
        ),
    )
    verbs = (
        Verb(
            name="send",
            label="Send again",
            permission="send",
            icon="sync",
            variant="primary",
            run=_send_again,
            done="It is sent again.",
            note="A row that was deleted there is made anew.",
            when=lambda sync: sync.referral_id is not None and sync.state != State.SENDING,
            on_lists=True,
        ),
    )

    @display(description="Referral", ordering="reference")
    def shown_referral(self, sync: ReferralSync) -> str:
        return sync.referral.reference if sync.referral else f"{sync.reference or sync.remote_id} (not here)"

    @display(description="Made", ordering="origin")
    def shown_origin(self, sync: ReferralSync) -> str:
        return Origin(sync.origin).label

    @display(description="State", ordering="state")
    def standing(self, sync: ReferralSync) -> str:
        if sync.deleted_there_at is not None:
            return label("Deleted there", "warning")
        if sync.state == State.COMPLETED:
            return label("Changed since", "info") if sync.wanted > sync.sent else label("In step", "success")
        if sync.state == State.FAILED:
            return label("Not taken up" if sync.referral_id is None else "Not sent", "danger")
        return label("Waits" if sync.state == State.PENDING else sync.get_state_display(), "info")

    @display(description="Last error")
    def last_error(self, sync: ReferralSync) -> str:
        codes = [entry["code"] for entry in sync.history if entry.get("code")]
        settled = sync.state == State.COMPLETED
        return "" if settled else in_words(codes[-1] if codes else sync.reason)


@admin.register(Instance)
class InstanceAdmin(ReadOnlyAdmin):
    judged_by = ("name",)
    list_display = ("name", "standing", "read_at")
    fields = (("name", "standing"), ("failures", "in_words"), ("down_until", "read_at"))
    verbs = (
        Verb(
            name="retry",
            label="Try now",
            permission="retry",
            icon="sync",
            variant="primary",
            run=lambda instance, actor: health.try_now(instance.name),
            done="It is tried with the next tick of the worker.",
            when=lambda instance: instance.down_until is not None,
        ),
    )

    @display(description="State")
    def standing(self, instance: Instance) -> str:
        return label("Fails", "danger") if instance.failures else label("Works", "success")

    @display(description="Last error")
    def in_words(self, instance: Instance) -> str:
        return in_words(instance.last_error) if instance.last_error else ""
