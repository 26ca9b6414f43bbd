"""Request limits whose counters all processes share: one statement, or one INCR with Redis, per request."""

import hashlib
import hmac
import ipaddress
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import redis
import structlog
from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest
from prometheus_client import Counter as PrometheusCounter
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from careops.core.database_faults import Cause, cause_of

if TYPE_CHECKING:
    from rest_framework.views import APIView

log = structlog.get_logger(__name__)
LIMITS_OPEN = PrometheusCounter(
    "careops_limits_open", "Requests that passed because their limit could not be counted.", ("limit",), registry=None
)  # fmt: skip
CANNOT_WRITE = frozenset({Cause.READ_ONLY, Cause.FULL})
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True)
class Verdict:
    """Whether the request is within the limit; if not, in how many seconds the next one may be."""

    allowed: bool
    retry_after: int = 0


ALLOWED = Verdict(allowed=True)


def hit(key: str, *, rate: str) -> Verdict:
    """Count one more under ``key`` in the present window of ``rate`` (such as ``5/min``).

    ``key`` begins with the limit's name and a colon; the rest is stored as a keyed hash, because it may be
    an address or an e-mail. A store that cannot be written lets the request pass.
    """
    if not settings.THROTTLES_ENABLED:
        return ALLOWED
    limit, seconds = _parsed(rate)
    window, passed = divmod(int(time.time()), seconds)
    name, _, who = key.partition(":")
    digest = hmac.new(str(settings.SECRET_KEY).encode(), who.encode(), hashlib.sha256).hexdigest()[:40]
    counter = f"throttle:{name}:{digest}:{seconds}:{window}"
    try:
        n = _increment_redis(counter, seconds) if settings.REDIS_URL else _increment_row(counter, seconds)
    except (DatabaseFault, redis.RedisError) as error:
        if not _is_unavailable(error):
            raise
        log.warning("throttle.unavailable", limit=name, error=type(error).__name__)
        LIMITS_OPEN.labels(name).inc()
        return ALLOWED
    return ALLOWED if n <= limit else Verdict(allowed=False, retry_after=seconds - passed)


def _is_unavailable(error: Exception) -> bool:
    """Whether the store takes no writes now. Inside a transaction the fault has ended it, so that nothing goes on."""
    if isinstance(error, redis.RedisError):
        return True
    takes_none = isinstance(error, OperationalError | InterfaceError) or cause_of(error) in CANNOT_WRITE
    return takes_none and not connection.in_atomic_block


@cache
def _parsed(rate: str) -> tuple[int, int]:
    number, _, unit = rate.partition("/")
    return int(number), SECONDS[unit[0]]


def _increment_row(counter: str, seconds: int) -> int:
    expires_at = datetime.fromtimestamp(time.time() + seconds, tz=UTC) + timedelta(seconds=1)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_counter (key, n, expires_at) VALUES (%s, 1, %s) "
            "ON CONFLICT (key) DO UPDATE SET n = core_counter.n + 1 RETURNING n",
            [counter, connection.ops.adapt_datetimefield_value(expires_at)],
        )
        return int(cursor.fetchone()[0])


@cache
def _redis(url: str) -> "redis.Redis":
    return redis.Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5)


def _increment_redis(counter: str, seconds: int) -> int:
    pipe = _redis(settings.REDIS_URL).pipeline()
    pipe.incr(counter)
    pipe.expire(counter, seconds + 1)
    return int(pipe.execute()[0])


def client_address(request: HttpRequest | Request) -> str:
    """The address a request comes from, as far as ``NUM_PROXIES`` trusted proxies tell it.

    An IPv6 address stands for its /64: one subscriber owns all of it.
    """
    text = str(request.META.get("REMOTE_ADDR", ""))
    if settings.NUM_PROXIES and (forwarded := request.META.get("HTTP_X_FORWARDED_FOR", "")):
        hops = forwarded.split(",")
        text = hops[-min(settings.NUM_PROXIES, len(hops))].strip()
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or ipaddress.ip_network((address, 64), strict=False))
    return str(address)


class ApiThrottle(BaseThrottle):
    """The general limit: per user, or per address when nobody is signed in."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        who = f"user {request.user.pk}" if request.user.pk else client_address(request)
        self.verdict = hit(f"api:{who}", rate=settings.THROTTLE_RATES["api"])
        return self.verdict.allowed

    def wait(self) -> float:
        return float(self.verdict.retry_after)
