"""What referrals hold about a person: handed out, or forgotten."""

from typing import Any

from django.db.models import Q

from careops.core import clock
from connections.models import Referral, ReferralFile
from connections.querysets import ReferralQuerySet
from connections.services import moves
from connections.services.files import forget_files
from messaging.models import Contact
from messaging.services.messages import forget

EXPORTED = (
    "reference", "status", "urgency", "reason", "notes", "answer", "from_professional__name", "from_provider__name",
    "from_name", "to_professional__name", "to_provider__name", "to_name", "created_at", "updated_at",
)  # fmt: skip


def export_referrals(contact: Contact) -> list[dict[str, Any]]:
    """The person's referrals, oldest first, each with the names of its files."""
    rows = referrals_of(contact).order_by("pk")
    return [
        {
            **{name.replace("__name", ""): value for name, value in row.items() if name != "pk"},
            "files": list(
                ReferralFile.objects.filter(referral=row["pk"]).order_by("pk").values_list("name", flat=True)
            ),
        }
        for row in rows.values("pk", *EXPORTED)
    ]


def forget_referrals(contact: Contact, actor: Any) -> None:
    """Cancel what is open, take the files away, and wipe every text; who asked whom and when stays, without a name.

    A booking that came of one is the bookings' to cancel.
    """
    for referral in referrals_of(contact).open().order_by("pk"):
        moves.withdraw(referral=referral, actor=actor)
    forget_files(ReferralFile.objects.filter(referral__in=referrals_of(contact)))
    forget(referrals_of(contact))
    referrals_of(contact).update(reason="", reason_key="", notes="", answer="", updated_at=clock.now())


def referrals_of(contact: Contact) -> ReferralQuerySet:
    """The referrals that are about the person, as a contact or as the client that they sign in as."""
    own = Q(contact=contact)
    return Referral.objects.filter(own | Q(client=contact.user_id) if contact.user_id else own)
