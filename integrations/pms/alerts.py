"""What about the practices a person must look at."""

from careops.core.alerts import AlertKind
from careops.core.models import Severity

NEEDS_AUTHORISATION = AlertKind(
    "pms_needs_authorisation", Severity.CRITICAL, "A practice must be authorised again",
    "Its keys are no longer accepted. Ask the practice to allow us in, then open the practice and authorise it again. "
    "What is to be changed there waits meanwhile; nothing is lost.",
)  # fmt: skip
NOT_IN_PLAN = AlertKind(
    "pms_not_in_plan", Severity.WARNING, "The account does not include writing to a practice",
    "Ask the vendor to add the write-back API to your plan, then allow writing again on the practice's page. "
    "What is to be changed there waits meanwhile.",
)  # fmt: skip
UNREACHABLE = AlertKind(
    "pms_unreachable", Severity.WARNING, "A practice-management system cannot be reached",
    "It is tried again by itself, at longer and longer gaps, and the alert closes when it answers. Bookings go on here. "
    "Where the detail says key_expired_again it answers but lets not even a new key in: ask the vendor why.",
)  # fmt: skip
WRITEBACK_FAILED = AlertKind(
    "pms_writeback_failed", Severity.WARNING, "A practice did not take a change",
    "Read why on the writeback's page, put it right here or there, then try it again or dismiss this.",
)  # fmt: skip
WRITEBACK_UNKNOWN = AlertKind(
    "pms_writeback_unknown", Severity.WARNING, "It is not known whether a practice took a change",
    "The line broke after it was handed over. We look for it and close this alert when it is found. If it stays, look "
    "into the practice's own system, then try it again if it is not there, or dismiss this.",
)  # fmt: skip
WRITEBACK_STUCK = AlertKind(
    "pms_writeback_stuck", Severity.WARNING, "A practice has not carried out a change for half an hour",
    "Ask whether the practice's server is switched on and online. It is never sent twice; when it is carried out late, "
    "the alert closes by itself.",
)  # fmt: skip
CONFLICTS = AlertKind(
    "pms_conflicts", Severity.WARNING, "A practice and we disagree",
    "Open the list of conflicts: for each, keep what we have or what the practice has. An appointment that finds no free "
    "seat here is not booked until then. The alert closes when the list is empty.",
)  # fmt: skip
SYNC_HELD = AlertKind(
    "pms_sync_held", Severity.CRITICAL, "Many appointments have vanished from a practice at once",
    "None was cancelled here. See whether the practice's system has been set up anew or shows too little. If they are "
    "really gone, run manage.py pms_sync with --accept-vanished.",
)  # fmt: skip
NOT_READ = AlertKind(
    "pms_not_read", Severity.WARNING, "A practice has not been read for an hour",
    "What changes there is not seen here meanwhile. Run manage.py pms_check: it names the step that fails. The alert "
    "closes with the next reading that comes to its end.",
)  # fmt: skip

# Those that are told by mail too, once each.
TOLD_BY_MAIL = (NEEDS_AUTHORISATION, WRITEBACK_FAILED)
