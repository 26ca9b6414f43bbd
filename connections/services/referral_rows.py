"""A referral as its verbs take it: locked in the order of every booking, and told to events."""

from typing import Any

from bookings.services.seats import lock_booking, lock_provider
from connections.enums import ReferralStatus
from connections.exceptions import UnknownReferral
from connections.models import Referral
from messaging.exceptions import ContactErased
from messaging.models import Contact


def referral_facts(referral: Referral) -> dict[str, Any]:
    """What events tell of a referral: ids and states."""
    return {
        "status": referral.status,
        "urgency": referral.urgency,
        "from_professional_id": referral.from_professional_id,
        "from_provider_id": referral.from_provider_id,
        "to_professional_id": referral.to_professional_id,
        "to_provider_id": referral.to_provider_id,
        "booking_id": referral.booking_id,
    }


def lock_referral(referral: Referral, *, provider_id: int | None = None) -> Referral:
    """Lock and re-read the referral with its sides.

    In the order of every booking: first the provider that is to be booked, then the booking or the person, so that
    whatever happens to them comes before or after. Raises UnknownReferral.
    """
    if provider_id is not None:
        lock_provider(provider_id)
    if referral.status == ReferralStatus.BOOKED and referral.booking_id is not None:
        lock_booking(referral.booking_id)
    elif referral.contact_id is not None:
        Contact.objects.select_for_update(no_key=True).filter(pk=referral.contact_id).first()
    found = again(referral.pk, lock=True)
    if found is None:
        raise UnknownReferral
    return found


def again(pk: int, *, lock: bool = False) -> Referral | None:
    """The referral as it is now, with what a verb looks at."""
    rows = Referral.objects.select_for_update(no_key=True, of=("self",)) if lock else Referral.objects.all()
    return rows.select_related("contact", "from_provider", "to_provider").filter(pk=pk).first()


def refuse_forgotten(referral: Referral) -> None:
    """Raise ContactErased when the person is erased."""
    if referral.contact is not None and referral.contact.erased_at is not None:
        raise ContactErased


def agree(*, client_id: int, contact_id: int) -> None:
    """Make every referral that names one of the two, who are one person, name both."""
    Referral.objects.filter(client_id=client_id, contact=None).update(contact_id=contact_id)
    Referral.objects.filter(contact_id=contact_id, client=None).update(client_id=client_id)
