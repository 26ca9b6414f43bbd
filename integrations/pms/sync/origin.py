"""What came from a practice is not told back to it."""

from contextlib import AbstractContextManager

from careops.core import context
from careops.core.models import Event
from integrations.pms.models import PmsIntegration


def name(integration: PmsIntegration) -> str:
    return f"pms:{integration.pk}"


def changes_from(integration: PmsIntegration) -> AbstractContextManager[None]:
    """Every change inside came from this practice; its events say so, and a late retry of a handler reads it there."""
    return context.changes_from(name(integration))


def came_from(event: Event, integration: PmsIntegration) -> bool:
    """Whether the practice knows of it already, for it is where the change was made."""
    return bool(event.data.get("origin") == name(integration))
