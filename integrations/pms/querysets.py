"""Which integrations can be used now, and which writebacks may go."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from careops.core import clock
from careops.core.outbox import UNFINISHED, OutboxQuerySet, State
from integrations.pms.enums import USABLE, IntegrationState, Operation

if TYPE_CHECKING:
    from integrations.pms.models import PmsIntegration, PmsWriteback  # noqa: F401  # named in quotes below

BACK_OFFICE = frozenset({"staff", "admin"})


class IntegrationQuerySet(models.QuerySet["PmsIntegration"]):
    def visible_to(self, user: Any) -> Self:
        """Integrations belong to the back office."""
        return self.all() if getattr(user, "role", "") in BACK_OFFICE else self.none()

    def callable_at(self, now: datetime) -> Self:
        """Those that have a key and were not asked to wait."""
        waiting = Q(paused_until__isnull=False, paused_until__gt=now)
        return self.filter(state__in=USABLE).exclude(waiting)

    def writable_at(self, now: datetime) -> Self:
        """Those that may be written to."""
        return self.callable_at(now).filter(writeback_allowed=True, writeback_in_plan=True)

    def to_renew(self, now: datetime) -> Self:
        """Those whose key is due to be renewed."""
        states = (IntegrationState.NEW, *USABLE)
        held = Q(retry_at__isnull=False, retry_at__gt=now)
        return self.filter(state__in=states, refresh_at__lte=now).exclude(held)


class WritebackQuerySet(OutboxQuerySet["PmsWriteback"]):
    def visible_to(self, user: Any) -> Self:
        """Writebacks belong to the back office."""
        return self.all() if getattr(user, "role", "") in BACK_OFFICE else self.none()

    def due(self) -> Self:
        """Those whose practice can be written to, whose turn it is, and whose patient is known there.

        What is wanted of one booking or contact goes in the order in which it was wanted, one after the other.
        """
        earlier = self.model._default_manager.filter(
            integration=OuterRef("integration"),
            entity_type=OuterRef("entity_type"),
            entity_id=OuterRef("entity_id"),
            pk__lt=OuterRef("pk"),
            state__in=UNFINISHED,
        )
        links = self.model._meta.apps.get_model("pms.PatientLink")
        patient = links._default_manager.filter(
            integration=OuterRef("integration"), contact=OuterRef("contact")
        )
        books = Q(operation=Operation.BOOK_APPOINTMENT)
        may_go = super().due().filter(integration__in=self._practices().writable_at(clock.now()))
        return may_go.filter(~Exists(earlier), ~books | Exists(patient))

    def to_check(self) -> Self:
        """As of every outbox, at practices that can be called."""
        return super().to_check().filter(integration__in=self._practices().callable_at(clock.now()))

    def _practices(self) -> IntegrationQuerySet:
        # As a subquery and not a join: a claim locks the rows it reads, and these are not its own.
        return IntegrationQuerySet(self.model._meta.apps.get_model("pms.PmsIntegration"))

    def of(self, entity: models.Model) -> Self:
        """What is or was wanted of one booking or contact."""
        return self.filter(entity_type=entity._meta.label_lower, entity_id=entity.pk)

    def unfinished(self) -> Self:
        return self.filter(state__in=UNFINISHED)

    def settleable(self) -> Self:
        """Those that a person may let be tried again."""
        return self.filter(state__in=(State.FAILED, State.UNKNOWN))
