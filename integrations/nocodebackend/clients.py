"""The client library by this installation's settings."""

from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from integrations.nocodebackend.client import ReferralClient, UploadsClient, create_nocodebackend_clients
from integrations.nocodebackend.errors import NotConfigured

Pair = tuple[ReferralClient, UploadsClient]
# The calls that the plan allows are shared: so much for a web process, so much for each of the worker's two.
LIVE_SHARE, WORKER_SHARE = 0.4, 0.3
WORKER_DEADLINE = 10.0
LIVE_SECONDS = 15.0  # for all that one request asks


def is_configured() -> bool:
    """Whether referrals are to be kept in step: a key and an instance are set. Asks nobody."""
    return bool(settings.NOCODEBACKEND["API_KEY"] and settings.NOCODEBACKEND["REFERRALOMSDB_INSTANCE"])


def instance() -> str:
    """The instance of the referrals."""
    return str(settings.NOCODEBACKEND["REFERRALOMSDB_INSTANCE"])


def live() -> Pair:
    """For a request: waits for its turn within the deadline. Raises NotConfigured."""
    return _made(_config(LIVE_SHARE))


def for_worker(*, wait: bool) -> Pair:
    """For the worker; without ``wait`` a call that is not its turn yet is RateLimited. Raises NotConfigured."""
    return _made(_config(WORKER_SHARE, DEADLINE_SECONDS=WORKER_DEADLINE, WAIT=wait))


def problem() -> NotConfigured | None:
    """What is wrong with the settings themselves."""
    try:
        live()
    except NotConfigured as error:
        return error
    return None


def _config(share: float, **more: Any) -> tuple[tuple[str, Any], ...]:
    found = {**settings.NOCODEBACKEND, **more}
    calls = found["CALLS_PER_10_SECONDS"]
    found["CALLS_PER_10_SECONDS"] = max(1, int(calls * share)) if calls else 0
    found["COLUMN_KINDS"] = tuple(found["COLUMN_KINDS"])
    return tuple(sorted(found.items()))


@cache
def _made(config: tuple[tuple[str, Any], ...]) -> Pair:
    """One pair for each configuration and process, so that its budget is shared by all threads."""
    return create_nocodebackend_clients(dict(config))


def shown_base_url() -> str:
    """The address without what somebody may have written into it: a name, a password, a query."""
    parts = urlsplit(str(settings.NOCODEBACKEND["BASE_URL"]))
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
