"""What changes of a referral or of its person marks it to be sent; ``careops.automations`` says when."""

from careops.core.alerts import resolve_alert
from careops.core.models import Event
from connections.models import Referral
from integrations.nocodebackend import clients
from integrations.nocodebackend.alerts import REFERRAL_DELETED_THERE, REFERRAL_DOUBLED_THERE
from integrations.nocodebackend.models import ReferralSync
from integrations.nocodebackend.services import marking
from integrations.nocodebackend.services.marking import mark


def mark_referral(event: Event) -> None:
    """Let the referral be sent as it then is."""
    mark([event.subject_id])


def mark_erased(event: Event) -> None:
    """Take away there what is deleted here; nobody has to look at its row any more."""
    marking.mark_erased(event.subject_id)
    for sync in ReferralSync.objects.filter(referral=event.subject_id):
        resolve_alert(REFERRAL_DELETED_THERE, subject=sync)
        resolve_alert(REFERRAL_DOUBLED_THERE, subject=sync)


def mark_person(event: Event) -> None:
    """Let the person's referrals be sent with their name and address as they are now."""
    if clients.is_configured():
        mark(Referral.objects.filter(contact=event.subject_id).values_list("pk", flat=True))
