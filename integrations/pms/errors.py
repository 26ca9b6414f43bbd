"""What can go wrong between us and a practice-management system, the same words for every kind of it.

A text holds the code only: never a key, a row or a sentence of the other side.
"""


class PmsError(Exception):
    """A call that did not bring what was asked. ``code`` is stable.

    ``sent`` says whether the other side may have acted on it; ``retry_after`` is in seconds.
    """

    code = "pms_error"

    def __init__(self, code: str = "", *, sent: bool = False, retry_after: float | None = None) -> None:
        self.code = code or self.code
        self.sent, self.retry_after = sent, retry_after
        super().__init__(self.code)


class Unavailable(PmsError):
    """It could not be reached, took too long, or is broken: nothing is wrong with what was asked."""

    code = "unavailable"


class RateLimited(Unavailable):
    """Too many calls; ``retry_after`` says when the next may come."""

    OUR_SHARE = "our_share"
    FOR_TODAY = "quota_used_up"
    code = "rate_limited"


class NotReady(PmsError):
    """The vendor says that it is still inserting the practice's data: what a list lacks now means nothing."""

    code = "data_insert_in_progress"


class BadAnswer(PmsError):
    """An answer came that cannot be understood."""

    code = "bad_answer"

    def __init__(self, code: str = "") -> None:
        super().__init__(code, sent=True)


class KeyExpired(PmsError):
    """The running key has ended or is not known there: a new one and once more."""

    code = "key_expired"


class AuthorisationRefused(PmsError):
    """A lasting key (refresh key, secret key, the app's own) is not accepted."""

    code = "authorisation_refused"


class NotInPlan(PmsError):
    """The account with that system does not include this call."""

    code = "not_in_plan"


class Refused(PmsError):
    """It understood what was asked and will not do it; asking again is no use."""

    code = "refused"


class NotConfigured(PmsError):
    """This installation has no credentials for that kind of system."""

    code = "not_configured"
