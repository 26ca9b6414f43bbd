"""The list of what a person must decide, and the one alert per practice that points at it."""

from collections.abc import Collection
from typing import Any

from bookings.models import Booking
from careops.core import clock
from careops.core.alerts import raise_alert, resolve_alert
from careops.core.events import emit
from integrations.pms.alerts import CONFLICTS
from integrations.pms.enums import ConflictKind, Keep, Side
from integrations.pms.models import PmsConflict, PmsIntegration
from messaging.models import Contact


def open_conflict(
    integration: PmsIntegration,
    *,
    kind: ConflictKind,
    side: Side,
    remote_id: str,
    field: str,
    ours: Any = "",
    theirs: Any = "",
    reason: str = "",
    booking: Booking | None = None,
    contact: Contact | None = None,
) -> PmsConflict:
    """Put it on the list, or bring the one that is open up to date. The caller holds a transaction."""
    where = {"integration": integration, "side": side, "remote_id": remote_id, "field": field}
    values = {
        "kind": kind,
        "ours": _text(ours),
        "theirs": _text(theirs),
        "reason": reason,
        "booking": booking,
        "contact": contact or (booking.contact if booking else None),
    }
    rows = PmsConflict.objects.open().select_for_update(of=("self",))
    known: PmsConflict | None = rows.filter(**where).first()
    if known is not None:
        for name, value in values.items():
            setattr(known, name, value)
        known.save(update_fields=list(values))
        return known
    made: PmsConflict = PmsConflict.objects.create(**where, **values)
    emit("pms_conflict.opened", subject=made, actor=None, kind=kind.value, side=side.value, field=field)
    open_rows = PmsConflict.objects.open().filter(integration=integration)
    raise_alert(CONFLICTS, subject=integration, detail=f"{open_rows.count()} open")
    return made


def close(
    integration: PmsIntegration, side: Side, remote_id: str, *, fields: Collection[str] | None = None
) -> int:
    """Both sides agree by now; how many conflicts that ends."""
    rows = PmsConflict.objects.open().filter(integration=integration, side=side, remote_id=remote_id)
    if fields is not None:
        rows = rows.filter(field__in=fields)
    ended = rows.update(settled_at=clock.now(), kept=Keep.BOTH)
    if ended:
        resolve_when_none(integration)
    return ended


def resolve_when_none(integration: PmsIntegration) -> None:
    """Close the practice's alert once its list is empty."""
    if not PmsConflict.objects.open().filter(integration=integration).exists():
        resolve_alert(CONFLICTS, subject=integration)


def are_open(integration: PmsIntegration, side: Side, remote_id: str, field: str = "") -> bool:
    """Whether somebody must decide about it, or about one field of it, first."""
    rows = PmsConflict.objects.open().filter(integration=integration, side=side, remote_id=remote_id)
    return (rows.filter(field=field) if field else rows).exists()


def _text(value: Any) -> str:
    return "" if value is None else str(value)
