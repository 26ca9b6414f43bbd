"""The alerts that accounts raise."""

from careops.core.alerts import AlertKind
from careops.core.models import Severity

ACCOUNT_MAIL_FAILED = AlertKind(
    "account_mail_failed", Severity.WARNING, "A mail about an account could not be sent",
    "Check the mail server's settings, then ask the person to request the mail again.",
)  # fmt: skip
ACCOUNT_MAIL_UNKNOWN = AlertKind(
    "account_mail_unknown", Severity.WARNING, "A mail about an account may or may not have been sent",
    "Ask the person whether it came. If not, let them request it again.",
)  # fmt: skip
