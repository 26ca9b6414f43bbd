"""Who may see which connections, activities and invites: each side its own, the back office all."""

from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.db import models
from django.db.models import Case, CharField, Exists, F, OuterRef, Q, Value, When

from accounts.enums import Role
from connections.enums import LIVE_INVITES, ConnectionStatus, InviteStatus

if TYPE_CHECKING:
    from connections.models import Activity, ActivityInvite, Connection  # noqa: F401


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def visible_to(self, user: Any) -> Self:
        """A professional's as such, a client's as such, all to staff and admins; also those that have ended."""
        match getattr(user, "role", ""):
            case Role.STAFF | Role.ADMIN:
                return self.all()
            case Role.PROFESSIONAL:
                return self.filter(professional=user)
            case Role.CLIENT:
                return self.filter(client=user)
        return self.none()

    def accepted(self) -> Self:
        """Those that let each side see the other's rows."""
        return self.filter(status=ConnectionStatus.ACCEPTED)

    def standing(self) -> Self:
        """Those that have not ended."""
        return self.exclude(status=ConnectionStatus.ENDED)

    def between(self, professional: Any, client: Any) -> Self:
        """The pair's, given as users or as their ids; one row at most."""
        return self.filter(professional=professional, client=client)

    def as_shown_to(self, user: Any) -> Self:
        """With the client as ``shown_id``, ``shown_name`` and ``shown_email``.

        Of somebody whom they invited by address a professional is shown that address alone, until it is accepted.
        """
        hidden = Q() if getattr(user, "role", "") == Role.PROFESSIONAL else Q(client__isnull=True)
        by_address = When(hidden & ~Q(invited_email=""), then=F("invited_email"))
        nobody = When(hidden & ~Q(invited_email=""), then=None)
        no_name = When(hidden & ~Q(invited_email=""), then=Value(""))
        return self.annotate(
            shown_id=Case(nobody, default=F("client_id"), output_field=models.BigIntegerField(null=True)),
            shown_name=Case(no_name, default=F("client__name"), output_field=CharField()),
            shown_email=Case(by_address, default=F("client__email"), output_field=CharField()),
        )


def accepted_connection(*, professional: str, client: str) -> Exists:
    """Whether the pair that these columns of the outer query name is connected."""
    connections = apps.get_model("connections", "Connection")._default_manager
    return Exists(
        connections.filter(
            professional=OuterRef(professional), client=OuterRef(client), status=ConnectionStatus.ACCEPTED
        )
    )


class ActivityQuerySet(models.QuerySet["Activity"]):
    def visible_to(self, user: Any) -> Self:
        """Their own to professionals, those they are invited to to clients, all to staff and admins."""
        match getattr(user, "role", ""):
            case Role.STAFF | Role.ADMIN:
                return self.all()
            case Role.PROFESSIONAL:
                return self.filter(professional=user)
            case Role.CLIENT:
                invites = apps.get_model("connections", "ActivityInvite")._default_manager
                mine = invites.filter(client=user).exclude(status=InviteStatus.CANCELLED)
                return self.filter(pk__in=mine.values("activity"))
        return self.none()

    def planned(self) -> Self:
        """Those that are not cancelled."""
        return self.filter(cancelled_at__isnull=True)


class ActivityInviteQuerySet(models.QuerySet["ActivityInvite"]):
    def visible_to(self, user: Any) -> Self:
        """Only between those who are connected, each side its own; all to staff and admins."""
        rows = self.filter(accepted_connection(professional="activity__professional", client="client"))
        match getattr(user, "role", ""):
            case Role.STAFF | Role.ADMIN:
                return self.all()
            case Role.PROFESSIONAL:
                return rows.filter(activity__professional=user)
            case Role.CLIENT:
                return rows.filter(client=user)
        return self.none()

    def live(self) -> Self:
        """Those that wait for an answer or hold a seat."""
        return self.filter(status__in=LIVE_INVITES)

    def seated(self) -> Self:
        return self.filter(status=InviteStatus.ACCEPTED)

    def standing(self) -> Self:
        """Those that are not cancelled."""
        return self.exclude(status=InviteStatus.CANCELLED)
