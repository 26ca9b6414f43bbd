"""A referral of ours as a row of theirs, and the words of theirs that we understand."""

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson
from django.conf import settings

from bookings.models import Provider
from connections.enums import ReferralStatus, Urgency
from connections.models import Referral

# What we call a column → what it is called there. NOCODEBACKEND_COLUMNS changes this; an empty name leaves one out.
COLUMNS = {
    "patient": "patient_name",
    "contact": "contact",
    "from": "referring_doctor",
    "to": "target_doctor",
    "reason": "medical_condition",
    "urgency": "urgency_level",
    "status": "status",
    "notes": "notes",
    "created_at": "created_at",
    "updated_at": "updated_at",
}
# What both sides may change of a referral that came from there; the rest of it is theirs.
SHARED = ("status", "urgency", "notes")
FORGOTTEN = (
    "patient",
    "contact",
    "reason",
    "notes",
)  # of somebody who was erased here, also in rows of theirs
STATUSES = {
    **{status.value: status for status in ReferralStatus},
    "pending": ReferralStatus.OPEN,
    "new": ReferralStatus.OPEN,
    "submitted": ReferralStatus.OPEN,
    "approved": ReferralStatus.ACCEPTED,
    "scheduled": ReferralStatus.BOOKED,
    "done": ReferralStatus.COMPLETED,
    "rejected": ReferralStatus.DECLINED,
    "canceled": ReferralStatus.CANCELLED,
}
URGENCIES = {
    **{urgency.value: urgency for urgency in Urgency},
    "low": Urgency.ROUTINE,
    "normal": Urgency.ROUTINE,
    "medium": Urgency.SOON,
    "high": Urgency.URGENT,
    "emergency": Urgency.URGENT,
}


def columns() -> dict[str, str]:
    """Our names → theirs, as this installation has them."""
    named = {**COLUMNS, **dict(settings.NOCODEBACKEND_COLUMNS)}
    return {ours: theirs for ours, theirs in named.items() if theirs}


def values_of(referral: Referral) -> dict[str, Any]:
    """What we say of a referral, by our names."""
    contact, client = referral.contact, referral.client
    return {
        "patient": contact.name if contact else client.name if client else "",
        "contact": (contact.email or contact.phone) if contact else client.email if client else "",
        "from": _side(referral, "from"),
        "to": _side(referral, "to"),
        "reason": referral.reason,
        "urgency": referral.urgency,
        "status": referral.status,
        "notes": referral.notes,
        "created_at": referral.created_at,
        "updated_at": referral.updated_at,
    }


def _side(referral: Referral, which: str) -> str:
    professional = getattr(referral, f"{which}_professional")
    provider: Provider | None = getattr(referral, f"{which}_provider")
    return str(
        professional.name
        if professional
        else provider.name
        if provider
        else getattr(referral, f"{which}_name")
    )


def status_of(value: Any) -> ReferralStatus | None:
    """Their word for a status; None when we do not know it."""
    return STATUSES.get(str(value or "").strip().lower())


def urgency_of(value: Any) -> Urgency | None:
    """Their word for an urgency; None when we do not know it."""
    return URGENCIES.get(str(value or "").strip().lower())


def digest(value: Any) -> str:
    """Tells two values apart without holding either. Nothing and the empty text are the same."""
    packed = orjson.dumps("" if value is None else value, default=str, option=orjson.OPT_UTC_Z)
    return hashlib.blake2b(packed, digest_size=9).hexdigest()


def digests(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: digest(value) for name, value in values.items()}


def theirs_by_our_names(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of theirs, by our names, without the sign that no database of ours takes into a text."""
    return {ours: _storable(row.get(theirs)) for ours, theirs in columns().items()}


def _storable(value: Any) -> Any:
    return value.replace("\x00", "") if isinstance(value, str) else value
