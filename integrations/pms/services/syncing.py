"""A practice is read again because a person says so."""

from typing import Any

from django.db import transaction

from careops.core.events import emit
from integrations.pms.enums import IntegrationState
from integrations.pms.exceptions import IntegrationDisabled, NotAuthorised
from integrations.pms.models import PmsIntegration, SyncState
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
