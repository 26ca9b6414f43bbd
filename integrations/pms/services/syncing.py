"""What a person asks for: read a practice again, confirm that appointments are gone, restore what a reading cancelled."""

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


def accept_gone(*, integration: PmsIntegration, actor: Any) -> int:
    """Cancel the bookings whose appointments are held as missing; how many. Raises NothingHeld."""
    if not absence.held(integration).exists():
        raise NothingHeld
    return absence.confirm_gone(integration=integration, actor=actor)


def restore_last(*, integration: PmsIntegration, actor: Any) -> tuple[int, int]:
    """Restore the bookings that the newest cancelling reading cancelled: how many are restored, how many cannot be.

    Raises NothingToRestore, and SeatsTaken where not one of them can.
    """
    reading = absence.last_cancelling(integration)
    if reading is None:
        raise NothingToRestore
    done, left = absence.restore(integration=integration, reading=reading, actor=actor)
    if not done:
        raise SeatsTaken
    return done, left
