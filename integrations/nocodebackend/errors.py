"""What can go wrong with NoCodeBackend. None of these carries the key, an address or a word of the other side."""


class NoCodeBackendError(Exception):
    """The base. ``code`` is a stable word for the cause; ``sentence`` says it to a person.

    ``maybe_done`` is True when the other side may have acted all the same. ``transient`` is True when the same call
    may succeed later; ``retry_after`` is how many seconds to wait, where the other side said so.
    """

    code = "error"

    def __init__(
        self,
        code: str = "",
        *,
        maybe_done: bool = False,
        transient: bool = False,
        retry_after: float | None = None,
    ) -> None:
        self.code = code or self.code
        self.maybe_done, self.transient, self.retry_after = maybe_done, transient, retry_after
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        return SENTENCES.get(self.code, "NoCodeBackend did not do what was asked.")


class NotConfigured(NoCodeBackendError):
    """The key, the address or the instance is missing, or is no such thing."""

    code = "not_configured"


class NotFound(NoCodeBackendError):
    """There is no such row."""

    code = "not_found"


class BadRequest(NoCodeBackendError):
    """What was asked or sent is not right; the same again will fail again."""

    code = "refused"


class Duplicate(BadRequest):
    """Another row has this value in a unique column."""

    code = "duplicate"


class RateLimited(NoCodeBackendError):
    """More calls than the plan allows; nothing was done."""

    code = "rate_limited"


class UpstreamTimeout(NoCodeBackendError):
    """No whole answer came within the deadline."""

    code = "timeout"


class UpstreamError(NoCodeBackendError):
    """NoCodeBackend could not be reached, refused us, or answered what nobody can use."""

    code = "failed"


SENTENCES = {
    "not_configured": "NoCodeBackend is not configured: set NOCODEBACKEND_API_KEY and the names of both instances.",
    "bad_base_url": "NOCODEBACKEND_BASE_URL is not an http or https address.",
    "bad_instance": "An instance is named <account number>_<database name>, such as 10001_exampledb.",
    "bad_table": "A table or column of NoCodeBackend is not named so.",
    "bad_key": "NOCODEBACKEND_API_KEY holds characters that no key has; was it copied whole?",
    "not_found": "There is no such row.",
    "refused": "NoCodeBackend refused the request as not valid.",
    "invalid": "What was asked for cannot be asked of NoCodeBackend.",
    "duplicate": "Another row has this value in a column where each value may stand once.",
    "our_pace": "The calls to NoCodeBackend that its plan allows are used up for some seconds. Try again.",
    "rate_limited": "NoCodeBackend allows no more calls at the moment.",
    "timeout": "NoCodeBackend did not answer in time.",
    "unreachable": "NoCodeBackend cannot be reached: is the address right, and is there a way out to the Internet?",
    "address_refused": "The address is not public: list it in ALLOW_PRIVATE_UPSTREAMS if that is meant.",
    "credentials_refused": "NoCodeBackend does not accept the API key.",
    "forbidden": "The API key may not do this in that instance.",
    "instance_refused": "NoCodeBackend does not know the instance.",
    "unknown_path": "The server does not know the path: is the base URL right, and is the table named as it is there?",
    "database_refused": "The database behind NoCodeBackend refused it: does the table have the columns that we use?",
    "filter_ignored": "The table has not the column that rows are looked up by.",
    "failed": "NoCodeBackend answered that it failed.",
    "server_fault": "NoCodeBackend has a fault at the moment.",
    "bad_answer": "What came is not an answer of NoCodeBackend: is the base URL right?",
    "too_large": "The answer is larger than we accept.",
}
# Codes of NotConfigured: nothing was asked of anybody.
CONFIGURATION = frozenset({"not_configured", "bad_base_url", "bad_instance", "bad_table", "bad_key"})
