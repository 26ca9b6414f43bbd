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
    "pms_sync_held", Severity.CRITICAL, "Appointments are missing from a practice's lists",
    "No booking was cancelled for it. Ask the practice whether these appointments still stand. If they are gone, press "
    "\"They are gone\" on the practice's page. Otherwise do nothing: the alert closes with the next believable reading.",
)  # fmt: skip
ROWS_UNREADABLE = AlertKind(
    "pms_rows_unreadable", Severity.WARNING, "A practice sends rows that cannot be read",
    "The bookings of these rows stay as they are. Ask the vendor whether a column or a format has changed. The alert "
    "closes with the next whole reading in which every row can be read.",
)  # fmt: skip
KEY_NOT_RENEWED = AlertKind(
    "pms_key_not_renewed", Severity.WARNING, "A practice's key could not be renewed for an hour",
    "The present key is used until it ends, and the renewal is tried again. Run manage.py pms_check: it names the step "
    "that fails. The alert closes with the next key.",
)  # fmt: skip
NOT_READ = AlertKind(
    "pms_not_read", Severity.WARNING, "A practice has not been read for an hour",
    "What changes there is not seen here meanwhile. Run manage.py pms_check: it names the step that fails. The alert "
    "closes with the next reading that comes to its end.",
)  # fmt: skip
