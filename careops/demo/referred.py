"""Who was referred at the demo clinic: a handful in several states, one with a letter."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.models import User
from bookings.models import Provider
from careops.core import clock
from connections.enums import Urgency
from connections.models import Referral
from connections.services import files, moves
from connections.services.parties import SideGiven
from connections.services.referrals import refer
from messaging.models import Contact

TUESDAY = 1
LETTER = "Please see this patient for persistent knee pain. Examination and imaging so far: enclosed."


def referrals(practice: Provider, professional: User, actor: User) -> int:
    """Made once; how many."""
    if Referral.objects.exists():
        return 0
    outside = SideGiven(name="Dr Hanna Osei, Bayside Surgery")
    here = SideGiven(professional_id=professional.pk, provider_id=practice.pk)
    known = {contact.email: contact.pk for contact in Contact.objects.exclude(email="")}

    urgent = refer(
        actor=actor, contact_id=known["ben.castellano@example.com"], sender=outside, recipient=here,
        reason="Knee pain since March", urgency=Urgency.URGENT, notes="Allergic to latex.",
    )  # fmt: skip
    files.add_file(referral=urgent, actor=actor, name="Letter of referral.pdf", content=letter(LETTER))
    soon = refer(
        actor=actor, contact_id=known["ingrid.solheim@example.com"], sender=outside, recipient=here,
        reason="Second opinion on blood pressure", urgency=Urgency.SOON,
    )  # fmt: skip
    moves.accept(referral=soon, actor=professional, answer="Happy to see her.")
    booked = refer(
        actor=actor, contact_id=known["theo.papadakis@example.com"], sender=outside, recipient=here,
        reason="Check-up before a long journey",
    )  # fmt: skip
    moves.accept(referral=booked, actor=professional)
    moves.book(referral=booked, actor=actor, at=_a_tuesday_ahead(practice))
    sent = refer(
        actor=professional, contact_id=known["client@example.com"],
        sender=SideGiven(provider_id=practice.pk), recipient=SideGiven(name="Harbour Radiology"),
        reason="X-ray of the left wrist",
    )  # fmt: skip
    moves.accept(referral=sent, actor=professional)
    moves.complete(referral=sent, actor=professional, answer="No fracture.")
    declined = refer(
        actor=actor, contact_id=known["amara.nwosu@example.com"], sender=outside, recipient=here,
        reason="Sports medicine",
    )  # fmt: skip
    moves.decline(referral=declined, actor=professional, answer="Not our field; try the sports clinic.")
    return 5


def letter(text: str) -> bytes:
    """A PDF of one page with one line."""
    line = f"BT /F1 11 Tf 60 760 Td ({text}) Tj ET".encode("ascii")
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>\nstream\n%b\nendstream" % (len(line), line),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, written in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, written)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + end


def _a_tuesday_ahead(provider: Provider) -> datetime:
    """Half past eight on a Tuesday in three weeks or more, when nobody else has booked yet."""
    zone = ZoneInfo(provider.time_zone)
    day = clock.now().astimezone(zone).date() + timedelta(days=21)
    return datetime.combine(day + timedelta(days=(TUESDAY - day.weekday()) % 7), time(8, 30), zone)
