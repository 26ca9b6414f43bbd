"""What a person must look at when the two sides do not agree."""

from careops.core.alerts import AlertKind
from careops.core.models import Severity

NOCODEBACKEND_DOWN = AlertKind(
    "nocodebackend_down", Severity.WARNING, "NoCodeBackend cannot be worked with",
    "Run manage.py check_nocodebackend: it says what is wrong. Changes wait and are sent by themselves afterwards.",
)  # fmt: skip
REFERRAL_NOT_SYNCED = AlertKind(
    "referral_not_synced", Severity.WARNING, "A referral could not be sent to NoCodeBackend",
    "Its page under NoCodeBackend says why. It is tried again with its next change, or by the button there.",
)  # fmt: skip
REFERRAL_DELETED_THERE = AlertKind(
    "referral_deleted_there", Severity.WARNING, "Somebody deleted a referral's row in NoCodeBackend",
    "Cancel the referral here too, or send it again from its page under NoCodeBackend.",
)  # fmt: skip
REFERRAL_DOUBLED_THERE = AlertKind(
    "referral_doubled_there", Severity.WARNING, "A referral has several rows in NoCodeBackend",
    "The oldest row is kept in step. Delete the others there; the alert closes with the next change.",
)  # fmt: skip
