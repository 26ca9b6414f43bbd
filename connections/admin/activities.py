"""What professionals offer their clients: to look at, and to cancel."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Count
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from accounts.permissions import BACK_OFFICE, allowed
from careops.core.admin import ReadOnlyAdmin, Verb, label
from connections.enums import InviteStatus
from connections.models import Activity, ActivityInvite
from connections.services.activities import cancel_activity

allowed("connections.activity", list=BACK_OFFICE, cancel=BACK_OFFICE)
allowed("connections.activityinvite", list=BACK_OFFICE)

STATUSES = {
    InviteStatus.PENDING: "info",
    InviteStatus.ACCEPTED: "success",
    InviteStatus.DECLINED: "warning",
}


@admin.register(Activity)
class ActivityAdmin(ReadOnlyAdmin):
    list_display = ("title", "professional", "starts_at", "seats", "place", "cancelled_at")
    list_filter = (("professional", AutocompleteSelectFilter),)
    list_select_related = ("professional",)
    search_fields = ("search_text", "professional__name_key")
    search_help_text = "Search by title, place or professional"
    ordering = ("-id",)
    fields = (
        ("title", "professional"),
        ("starts_at", "duration_minutes"),
        ("place", "seats"),
        "invited",
        "description",
        ("created_at", "cancelled_at"),
    )
    verbs = (
        Verb(
            name="cancel",
            label="Cancel",
            permission="cancel",
            icon="event_busy",
            variant="danger",
            run=lambda activity, actor: cancel_activity(activity=activity, actor=actor),
            done="The activity is cancelled.",
            note="Those who take part are told.",
            when=lambda activity: activity.cancelled_at is None,
        ),
    )

    def prepare(self, rows: Sequence[Any]) -> None:
        taken = ActivityInvite.objects.seated().filter(activity__in=[row.pk for row in rows])
        counted = dict(taken.order_by().values_list("activity").annotate(Count("pk")))
        for row in rows:
            row.taken = counted.get(row.pk, 0)

    @display(description="Seats taken")
    def seats(self, activity: Any) -> str:
        return f"{activity.taken} of {activity.capacity}" if activity.capacity else f"{activity.taken}"

    @display(description="Invited")
    def invited(self, activity: Activity) -> str:
        invites = reverse("admin:connections_activityinvite_changelist")
        link = '<a class="text-link" href="{}?activity__id__exact={}">Who is invited, and what they said</a>'
        return format_html(link, invites, activity.pk)


@admin.register(ActivityInvite)
class ActivityInviteAdmin(ReadOnlyAdmin):
    list_display = ("client", "activity", "shown_status", "invited_at", "answered_at")
    list_display_links = ("client", "activity")
    list_filter = (
        ("activity", AutocompleteSelectFilter),
        ("client", AutocompleteSelectFilter),
        ("status", ChoicesDropdownFilter),
    )
    list_select_related = ("client", "activity")
    search_fields = ("client__name_key", "activity__search_text")
    search_help_text = "Search by client or activity"
    ordering = ("-id",)
    fields = (("client", "activity"), ("shown_status", "invited_at"), ("answered_at", "cancelled_at"))

    @display(description="Status", ordering="status")
    def shown_status(self, invite: ActivityInvite) -> str:
        return label(invite.get_status_display(), STATUSES.get(InviteStatus(invite.status), ""))
