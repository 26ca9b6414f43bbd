"""What accounts do when something happens; ``careops.automations`` says when."""

from accounts.services import approval
from careops.core.models import Event


def review_approvals(event: Event) -> None:
    """Bring the alert about professionals who wait for approval up to date."""
    approval.review_waiting()
