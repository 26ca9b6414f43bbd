"""What a person asks for: read a practice again, confirm that appointments are gone, restore what a reading cancelled."""

from collections.abc import Collection
from typing import Any

from django.db import transaction

from careops.core.events import emit
from integrations.pms.enums import IntegrationState
from integrations.pms.exceptions import (
    IntegrationDisabled,
    NotAuthorised,
    NothingHeld,
    NothingToRestore,
    SeatsTaken,
)
from integrations.pms.models import PmsIntegration, SyncState
from integrations.pms.sync import absence
from integrations.pms.sync.run import ask_for


@transaction.atomic
def request_sync(*, integration: PmsIntegration, actor: Any) -> SyncState:
    """Let the worker read all of the practice with its next minute. Raises IntegrationDisabled, NotAuthorised."""
    if integration.state == IntegrationState.DISABLED:
        raise IntegrationDisabled
    if not integration.office_id:
        raise NotAuthorised
    emit("pms_integration.sync_requested", subject=integration, actor=actor)
    return ask_for(integration)


def accept_gone(*, integration: PmsIntegration, actor: Any, chosen: Collection[int] | None = None) -> int:
    """Cancel the chosen of the bookings whose appointments are held as missing; how many. None stands for all.

    Raises NothingHeld where no appointment of theirs is missing any more.
    """
    if not absence.confirmable(integration, chosen).exists():
        raise NothingHeld
    return absence.confirm_gone(integration=integration, actor=actor, chosen=chosen)


def restore_last(
    *, integration: PmsIntegration, actor: Any, chosen: Collection[int] | None = None
) -> tuple[int, int]:
    """Restore the chosen of the bookings that a reading cancelled: how many are restored, how many cannot be.

    None stands for those of the newest cancelling reading. Raises NothingToRestore, and SeatsTaken where not one of
    them can.
    """
    links = absence.cancelled_by(integration)
    if chosen is None:
        links = links.filter(gone_reading=absence.last_cancelling(integration))
    else:
        links = links.filter(booking__in=chosen)
    if not links.exists():
        raise NothingToRestore
    done, left = absence.restore(links=links, actor=actor)
    if not done:
        raise SeatsTaken
    return done, left
