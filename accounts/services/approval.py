"""Which professionals the clinic has let in, and the alert that names how many wait."""

from accounts.alerts import PROFESSIONALS_WAITING, WAITING_LIST
from accounts.enums import Role
from accounts.exceptions import EmailUnconfirmed, NotApproved
from accounts.models import User
from accounts.querysets import professionals_need_confirmed_email
from careops.core.alerts import raise_alert, resolve_alert


def refuse_not_admitted(professional: User) -> None:
    """Raise NotApproved, or EmailUnconfirmed, for a professional who may not write to people or be connected."""
    if not professional.approved:
        raise NotApproved
    if professionals_need_confirmed_email() and not professional.email_confirmed:
        raise EmailUnconfirmed


def is_admitted(user: User) -> bool:
    """Whether the user is a professional whom others may find and be connected with."""
    confirmed = user.email_confirmed or not professionals_need_confirmed_email()
    return user.role == Role.PROFESSIONAL and user.approved and confirmed


def review_waiting() -> None:
    """Open the one alert while professionals wait for approval, and close it when none does."""
    waiting = User.objects.waiting_for_approval().count()
    if waiting:
        raise_alert(PROFESSIONALS_WAITING, subject=WAITING_LIST, detail=f"Waiting: {waiting}.")
    else:
        resolve_alert(PROFESSIONALS_WAITING, subject=WAITING_LIST)
