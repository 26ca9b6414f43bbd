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
    "Ask who deleted it. To make the row again, press \"Send again\" on its page under NoCodeBackend. The alert closes "
    "when the row is met again.",
)  # fmt: skip
ROWS_MISSING = AlertKind(
    "nocodebackend_rows_missing", Severity.CRITICAL, "The referrals' rows are missing in NoCodeBackend",
    "Nothing was changed for it. See whether the table was emptied. If it was, restore it at NoCodeBackend, or press "
    "\"Send again\" for each referral. The alert closes with the next reading that meets a row.",
)  # fmt: skip
REFERRAL_DOUBLED_THERE = AlertKind(
    "referral_doubled_there", Severity.WARNING, "A referral has several rows in NoCodeBackend",
    "The oldest row is kept in step. Delete the others there; the alert closes with the next change.",
)  # fmt: skip
