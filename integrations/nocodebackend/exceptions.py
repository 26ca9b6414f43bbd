"""What the routes of NoCodeBackend refuse, and what each of its failures is to a caller."""

from math import ceil

from careops.core.live_calls import BusyOutside
from careops.core.problems import Busy, Conflict, DomainError, Invalid, NotFound
from integrations.exceptions import UpstreamFailed, UpstreamLate, UpstreamNotConfigured
from integrations.nocodebackend import errors


class ReferralIdMissing(Invalid):
    code, field, detail = "required", "referral_id", "Name the referral: its number, or its reference."


class UnknownLocalReferral(NotFound):
    detail, field = "There is no such referral.", "referral_id"


class UnknownRemoteRow(NotFound):
    detail = "There is no such row."


class SyncAtWork(Busy):
    detail, retry_after = "The referral is being sent at this moment. Try again.", 2


class RemoteRowDeleted(Conflict):
    code, field = "deleted_there", "referral_id"
    detail = "Somebody deleted its row there. Send it again from the back office if that is meant."


class NotSynced(UpstreamFailed):
    """The row itself was refused; ``cause`` is the stable word for why."""

    detail = "NoCodeBackend refused the referral."


def problem_of(error: errors.NoCodeBackendError) -> DomainError:
    """The problem that a failure of the client library is to a caller, in our words."""
    match error:
        case errors.NotConfigured():
            return UpstreamNotConfigured(error.sentence)
        case errors.NotFound():
            return UnknownRemoteRow()
        case errors.UpstreamTimeout():
            return UpstreamLate(error.sentence)
        case errors.RateLimited(code="our_pace"):
            return BusyOutside(error.sentence, retry_after=ceil(error.retry_after or 1))
    wait = None if error.retry_after is None else max(1, round(error.retry_after))
    return UpstreamFailed(error.sentence, retry_after=wait)


def problem_of_code(code: str, *, retry_after: float) -> DomainError:
    """The same of the code of an outage; how long to wait is said where the other side said it."""
    if code in {"rate_limited", "our_pace"}:
        return problem_of(errors.RateLimited(code, retry_after=retry_after))
    kinds: dict[str, type[errors.NoCodeBackendError]] = {
        "timeout": errors.UpstreamTimeout,
        **dict.fromkeys(errors.CONFIGURATION, errors.NotConfigured),
    }
    return problem_of(kinds.get(code, errors.UpstreamError)(code))
