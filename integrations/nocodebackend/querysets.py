"""Who may see how referrals stand with NoCodeBackend, and which of them have to be sent."""

from typing import TYPE_CHECKING, Any, Self

from django.db.models import F

from accounts.permissions import BACK_OFFICE
from careops.core.outbox import OutboxQuerySet, State

if TYPE_CHECKING:
    from integrations.nocodebackend.models import ReferralSync  # noqa: F401


class ReferralSyncQuerySet(OutboxQuerySet["ReferralSync"]):
    def visible_to(self, user: Any) -> Self:
        return self.all() if getattr(user, "role", "") in BACK_OFFICE else self.none()

    def behind(self) -> Self:
        """Those that changed here since they were last sent."""
        return self.filter(wanted__gt=F("sent"))

    def waiting(self) -> Self:
        """Those that are to be sent, or being sent."""
        return self.filter(state__in=(State.PENDING, State.SENDING))
