"""Invented referrals, made by the verb, and small files of several kinds."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.enums import Role
from accounts.models import User
from bookings.models import Booking
from connections.enums import ReferralStatus
from connections.models import Referral, ReferralFile
from connections.services import files, referrals
from connections.services.parties import SideGiven
from messaging.models import Contact
from tests.factories.accounts import make_user
from tests.factories.bookings import make_booking, make_contact, tomorrow

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\nIDATx\x9cc\x00\x01\x00\x00\x05\x00\x01\r\n-\xb4\x00\x00\x00\x00IEND\xaeB`\x82"
)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"


def make_referral(
    contact: Contact | None = None,
    *,
    sender: User | None = None,
    receiver: User | None = None,
    status: str = ReferralStatus.OPEN,
    **asked: Any,
) -> Referral:
    """A referral of the contact from one professional to another, written by the front desk.

    Another ``status`` is put in place, with the booking that it needs; ``asked`` replaces what the verb is given.
    """
    given = {
        "actor": None,
        "contact_id": None if "client_id" in asked else (contact or make_contact()).pk,
        "sender": SideGiven(professional_id=(sender or make_user(Role.PROFESSIONAL)).pk),
        "recipient": SideGiven(professional_id=(receiver or make_user(Role.PROFESSIONAL)).pk),
        "reason": "Knee pain since March",
    }
    referral = referrals.refer(**{**given, **asked})
    if status != ReferralStatus.OPEN:
        booking = _booked(referral) if status == ReferralStatus.BOOKED else None
        Referral.objects.filter(pk=referral.pk).update(status=status, booking=booking)
    return Referral.objects.get(pk=referral.pk)


def pdf(name: str = "letter.pdf") -> SimpleUploadedFile:
    """A file as a form sends it."""
    return SimpleUploadedFile(name, PDF, content_type="application/pdf")


def make_referral_file(referral: Referral | None = None, *, actor: User | None = None) -> ReferralFile:
    """A small PDF that ``actor`` added, or the front desk."""
    return files.add_file(referral=referral or make_referral(), actor=actor, name="letter.pdf", content=PDF)


def _booked(referral: Referral) -> Booking:
    contact = referral.contact or make_contact()
    return make_booking(referral.to_provider, contact, at=tomorrow(9))
