"""The send ledger: to look at, and to settle what went wrong."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models.functions import Coalesce
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminRadioSelectWidget

from careops.core import clock
from careops.core.admin import OutboxAdmin, Verb
from careops.core.outbox import State
from messaging.admin.templates import key_title
from messaging.models import Message
from messaging.services.messages import resend, settle


class SettleForm(forms.Form):
    outcome = forms.ChoiceField(
        choices=[("sent", "It arrived"), ("failed", "It did not arrive"), ("resend", "Send it once more")],
        widget=UnfoldAdminRadioSelectWidget,
    )


def _settle(message: Message, actor: Any, outcome: Any) -> None:
    settle(message=message, actor=actor, outcome=outcome)


VERBS = (
    Verb(
        name="settle",
        label="Settle",
        permission="add",
        icon="rule",
        variant="primary",
        run=_settle,
        form=SettleForm,
        done="The message is settled.",
        note="The line broke after the message was handed over. Ask the person whether it came.",
        when=lambda message: message.state == State.UNKNOWN,
    ),
    Verb(
        name="resend",
        label="Send again",
        permission="add",
        icon="send",
        run=lambda message, actor: resend(message=message, actor=actor),
        done="The message is on its way again, to the recipient's present address.",
        when=lambda message: message.state == State.FAILED,
        on_lists=True,
    ),
)


class WentWrong(admin.SimpleListFilter):
    title = "what went wrong"
    parameter_name = "wrong"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", "In the last day"), ("7", "In the last 7 days"), ("30", "In the last 30 days")]

    def queryset(self, request: Any, queryset: Any) -> Any:
        chosen = self.value()
        known = {name for name, _ in self.lookup_choices}
        return queryset.went_wrong(clock.now() - int(chosen) * clock.DAY) if chosen in known else queryset


@admin.register(Message)
class MessageAdmin(OutboxAdmin):
    list_display = ("recipient", "shown_subject", "channel", "shown_state", "automated", "created_at")
    list_display_links = ("recipient", "shown_subject")
    list_filter = (
        ("contact", AutocompleteSelectFilter),
        ("user", AutocompleteSelectFilter),
        ("state", ChoicesDropdownFilter),
        ("channel", ChoicesDropdownFilter),
        ("direction", ChoicesDropdownFilter),
        "automated",
        WentWrong,
    )
    list_select_related = ("contact", "user", "sender")
    search_fields = ("contact__search_text", "user__search_text", "to_address_key", "subject_key")
    search_help_text = "Search by recipient, address or subject"
    fieldsets = (
        (None, {"fields": (("contact", "user", "to_address"), ("channel", "direction"), "subject", "text")}),
        (
            "Delivery",
            {
                "fields": (
                    ("shown_state", "why"),
                    ("rule_in_words", "automated"),
                    ("attempts", "next_attempt_at"),
                    "attempts_so_far",
                    ("created_at", "ended_at"),
                    ("sender", "request_id"),
                )
            },
        ),
    )
    verbs = VERBS

    @display(
        description="Contact or user",
        ordering=Coalesce("contact__name_key", "user__name_key", "to_address_key"),
    )
    def recipient(self, message: Message) -> str:
        """Who it is to or from; an address that is nobody's here stands for itself."""
        return str(message.contact or message.user or message.to_address or "Nobody any more")

    @display(description="Subject", ordering="subject")
    def shown_subject(self, message: Message) -> str:
        return message.subject or self.rule_in_words(message) or "No subject"

    @display(description="Message")
    def text(self, message: Message) -> str:
        return message.body

    @display(description="Planned by")
    def rule_in_words(self, message: Message) -> str:
        return key_title(message.rule)
