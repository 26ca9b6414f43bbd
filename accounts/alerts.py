"""The alerts that accounts raise."""

from careops.core.alerts import AlertKind
from careops.core.models import Severity

PROFESSIONALS_WAITING = AlertKind(
    "professionals_waiting", Severity.WARNING, "Professionals wait for approval",
    "Open the list of those who wait. Approve each whom the clinic knows, and deactivate the others. "
    "The alert closes by itself when nobody waits.",
)  # fmt: skip
WAITING_LIST = "accounts.user?approval=waiting"  # the list in the back office that the alert leads to
ACCOUNT_MAIL_FAILED = AlertKind(
    "account_mail_failed", Severity.WARNING, "A mail about an account could not be sent",
    "Check the mail server's settings, then ask the person to request the mail again.",
)  # fmt: skip
ACCOUNT_MAIL_UNKNOWN = AlertKind(
    "account_mail_unknown", Severity.WARNING, "A mail about an account may or may not have been sent",
    "Ask the person whether it came. If not, let them request it again.",
)  # fmt: skip
