"""Who is connected with whom: to look at, and to end."""

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from accounts.permissions import ADMIN, BACK_OFFICE, allowed
from careops.core.admin import OutboxAdmin, ReadOnlyAdmin, Verb, label
from connections.enums import ConnectionStatus
from connections.models import Connection, Invitation
from connections.services.requests import disconnect

allowed("connections.connection", list=BACK_OFFICE, end=BACK_OFFICE)
allowed("connections.invitation", list={ADMIN})

STATUSES = {
    ConnectionStatus.PENDING: "info",
    ConnectionStatus.ACCEPTED: "success",
    ConnectionStatus.REJECTED: "warning",
}


@admin.register(Connection)
class ConnectionAdmin(ReadOnlyAdmin):
    list_display = (
        "professional",
        "other_person",
        "shown_status",
        "initiated_by",
        "requested_at",
        "answered_at",
    )
    list_display_links = ("professional", "other_person")
    list_filter = (
        ("professional", AutocompleteSelectFilter),
        ("client", AutocompleteSelectFilter),
        ("status", ChoicesDropdownFilter),
    )
    list_select_related = ("professional", "client")
    search_fields = ("professional__name_key", "client__name_key", "invited_email_key")
    search_help_text = "Search by either name, or by the address that was invited"
    ordering = ("-id",)
    fields = (
        ("professional", "client"),
        ("shown_status", "initiated_by"),
        "invited_email",
        ("requested_at", "answered_at"),
        ("created_at", "ended_at"),
    )
    verbs = (
        Verb(
            name="end",
            label="End",
            permission="end",
            icon="link_off",
            variant="danger",
            run=lambda connection, actor: disconnect(connection=connection, actor=actor),
            done="The connection has ended.",
            note="Neither sees the other's rows any more, and open invites between the two end. Both are told.",
            when=lambda connection: connection.status != ConnectionStatus.ENDED,
        ),
    )

    @display(description="Client", ordering="client__name")
    def other_person(self, connection: Connection) -> str:
        return connection.client.name if connection.client else connection.invited_email

    @display(description="Status", ordering="status")
    def shown_status(self, connection: Connection) -> str:
        return label(connection.get_status_display(), STATUSES.get(ConnectionStatus(connection.status), ""))


@admin.register(Invitation)
class InvitationAdmin(OutboxAdmin):
    list_display = ("connection", "shown_state", "attempts", "created_at", "ended_at")
    list_select_related = ("connection__professional", "connection__client")
    search_fields = ("connection__professional__name_key", "connection__invited_email_key")
    search_help_text = "Search by professional or address"
    fields = (
        "connection", ("shown_state", "why"), ("attempts", "next_attempt_at", "expires_at"), "attempts_so_far",
        ("created_at", "ended_at", "request_id"),
    )  # fmt: skip
