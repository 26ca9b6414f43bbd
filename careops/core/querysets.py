"""Who may see events and alerts (staff and admins) and access records (admins)."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar

from django.db import models
from django.db.models import Case, F, When

if TYPE_CHECKING:
    from careops.core.models import AccessRecord, Alert, Event, Seal  # noqa: F401

R = TypeVar("R", bound=models.Model)

# By the alphabet a warning would come before an info by luck alone, and behind it what is critical.
SEVERITY = Case(When(severity="critical", then=0), When(severity="warning", then=1), default=2)
SEVEREST_FIRST = SEVERITY.asc()
BACK_OFFICE = frozenset({"staff", "admin"})


class AppendOnly(TypeError):
    """Somebody tried to rewrite what happened."""


class AppendOnlyQuerySet(models.QuerySet[R]):
    """Rows that are added to, never changed or taken away."""

    def update(self, **changes: Any) -> NoReturn:
        raise AppendOnly

    def delete(self) -> NoReturn:
        raise AppendOnly


class EventQuerySet(AppendOnlyQuerySet["Event"]):
    def visible_to(self, user: Any) -> Self:
        return self.all() if getattr(user, "role", "") in BACK_OFFICE else self.none()


class AccessRecordQuerySet(AppendOnlyQuerySet["AccessRecord"]):
    def visible_to(self, user: Any) -> Self:
        """Admins alone see who read what."""
        return self.all() if getattr(user, "role", "") == "admin" else self.none()

    def of(self, person_id: int) -> Self:
        """The answers that showed this person."""
        return self.filter(person_ids__holds_id=person_id)


class SealQuerySet(models.QuerySet["Seal"]):
    def visible_to(self, user: Any) -> Self:
        return self.all() if getattr(user, "role", "") == "admin" else self.none()


class AlertQuerySet(models.QuerySet["Alert"]):
    def visible_to(self, user: Any) -> Self:
        return self.all() if getattr(user, "role", "") in BACK_OFFICE else self.none()

    def unresolved(self) -> Self:
        return self.filter(resolved_at__isnull=True)

    def active(self) -> Self:
        return self.filter(status="active")

    def worst_first(self) -> Self:
        """The critical ones first, of each severity the newest."""
        return self.order_by(SEVEREST_FIRST, "-last_seen", "-pk")

    def seen_again(self, *, at: datetime, detail: str, request_id: str, counted: bool) -> int:
        """Count a repeat on the rows of this set; the number of rows.

        ``counted`` says that this request has counted it, which stands unless a rollback took it back.
        """
        count: Any = F("count") + 1
        if counted:
            count = Case(When(request_id=request_id, then=F("count")), default=count)
        return self.update(count=count, last_seen=at, detail=detail, request_id=request_id)
