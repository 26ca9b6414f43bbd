"""When a practice was read to the end, and who is told when it has not been for long."""

from datetime import timedelta

import structlog
from django.db import transaction

from careops.core import clock
from careops.core.alerts import raise_alert, resolve_alert
from integrations.pms.alerts import NOT_READ, ROWS_UNREADABLE
from integrations.pms.enums import USABLE
from integrations.pms.errors import PmsError
from integrations.pms.models import PmsIntegration
from integrations.pms.services import line
from integrations.pms.system import Tally

log = structlog.get_logger(__name__)
LONG = timedelta(hours=1)
# A first reading may take hours. One that takes longer never ends.
VERY_LONG = timedelta(hours=6)


@transaction.atomic
def note(integration: PmsIntegration) -> None:
    """It was read to the end."""
    PmsIntegration.objects.filter(pk=integration.pk).update(last_sync_at=clock.now())
    resolve_alert(NOT_READ, subject=integration)


def note_failure(integration: PmsIntegration, error: PmsError) -> None:
    """It could not be read: a person is told when that lasts, unless it is told already why nothing can be asked."""
    log.warning("pms.sync_failed", integration=integration.pk, code=error.code)
    _tell_when(integration, LONG, error.code)


def note_unfinished(integration: PmsIntegration) -> None:
    """A reading ran out of time; an alert is raised when no reading has ended for ``VERY_LONG``."""
    _tell_when(integration, VERY_LONG, "unfinished")


def note_unreadable(integration: PmsIntegration, tally: Tally) -> None:
    """Tell of the rows of a list of changes that cannot be read. Only a whole reading closes the alert."""
    if tally.unreadable:
        raise_alert(ROWS_UNREADABLE, subject=integration, detail=f"{tally.unreadable} rows")


def _tell_when(integration: PmsIntegration, long: timedelta, code: str) -> None:
    since = integration.last_sync_at or integration.created_at
    if clock.now() - since < long:
        return
    asked = PmsIntegration.objects.filter(pk=integration.pk, state__in=USABLE, failures__lt=line.PATIENCE)
    if asked.exists():
        raise_alert(NOT_READ, subject=integration, detail=code)
