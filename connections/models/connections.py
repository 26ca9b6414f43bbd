"""Who is connected with whom, and the invitations that wait to be handed over."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from careops.core import clock
from careops.core.folded import FoldedField
from careops.core.outbox import OutboxRow
from connections.enums import ConnectionStatus, Side
from connections.querysets import ConnectionQuerySet

ANSWERED = (ConnectionStatus.ACCEPTED, ConnectionStatus.REJECTED)


class Connection(models.Model):
    """One row for each pair, whichever side began. Accepted, it is what lets each see the other's rows.

    Until a professional's invitation is accepted it carries the address that was typed, ``invited_email``, and
    nothing else is shown to the professional. ``client`` is empty while no account has that address.
    """

    professional = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="client_connections",
    )
    client = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="professional_connections",
    )
    invited_email = models.EmailField(
        blank=True, help_text="As the professional typed it, in lower case; until the invitation is accepted."
    )
    invited_email_key = FoldedField("invited_email")
    status = models.CharField(max_length=16, choices=ConnectionStatus, default=ConnectionStatus.PENDING)
    initiated_by = models.CharField(max_length=16, choices=Side, help_text="The side that asked last.")
    requested_at = models.DateTimeField(default=clock.now, help_text="When it was asked last.")
    known_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Since when each knows who the other is, once and for all; empty: invited by address only.",
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["professional", "client"],
                condition=Q(client__isnull=False),
                name="connection_is_one_per_pair",
            ),
            models.UniqueConstraint(
                fields=["professional", "invited_email"],
                condition=~Q(invited_email=""),
                name="connection_invites_an_address_once",
            ),
            models.CheckConstraint(
                condition=Q(client__isnull=False) | ~Q(invited_email=""), name="connection_has_another_side"
            ),
            models.CheckConstraint(
                condition=~Q(professional=F("client")), name="connection_is_not_with_oneself"
            ),
            models.CheckConstraint(
                condition=Q(invited_email=Lower("invited_email")), name="connection_email_is_lower_case"
            ),
            models.CheckConstraint(
                condition=Q(initiated_by__in=Side.values), name="connection_side_is_known"
            ),
            models.CheckConstraint(
                condition=Q(status=ConnectionStatus.PENDING, answered_at__isnull=True, ended_at__isnull=True)
                | Q(status__in=ANSWERED, answered_at__isnull=False, ended_at__isnull=True)
                | Q(status=ConnectionStatus.ENDED, ended_at__isnull=False),
                name="connection_tells_when_it_became_what_it_is",
            ),
            models.CheckConstraint(
                condition=~Q(status=ConnectionStatus.ACCEPTED) | Q(known_at__isnull=False),
                name="connection_accepted_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=ANSWERED) | Q(client__isnull=False),
                name="connection_is_answered_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(status=ConnectionStatus.ACCEPTED) | Q(invited_email=""),
                name="connection_accepted_needs_no_address",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.professional} and {self.client or self.invited_email}"

    @property
    def person_id(self) -> int | None:
        """The contact whose data this is: the client's, where the clinic knows them."""
        contact = getattr(self.client, "contact", None)
        return contact.pk if contact else None

    @property
    def other_side(self) -> Side:
        """The side that has to answer."""
        return Side.CLIENT if self.initiated_by == Side.PROFESSIONAL else Side.PROFESSIONAL


class Invitation(OutboxRow):
    """An invitation by address that the worker hands over: a notice to who has the address, else a mail.

    The request itself does not look which it will be, so that nothing about it can tell.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="invitations")

    class Meta(OutboxRow.Meta):
        pass

    def __str__(self) -> str:
        return f"invitation of connection {self.connection_id}"
