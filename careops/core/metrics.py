"""The numbers at ``/metrics``, as Prometheus reads them.

Requests are counted where they are answered. With ``PROMETHEUS_MULTIPROC_DIR`` the web processes of one machine
share their counts through files in that folder. What the worker does is read from the tables at each scrape, so
it is right in whichever process the scrape arrives.
"""

import hmac
from collections import Counter as Tally
from collections.abc import Iterable, Iterator
from functools import cache

from django.apps import apps
from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import models
from django.db.models import Count, Max, Min
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from django.views.decorators.http import require_safe
from django_q.models import OrmQ
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from careops.core import clock
from careops.core.alerts import kinds
from careops.core.models import Alert
from careops.core.outbox import OutboxRow, State
from careops.core.queue import heartbeat_age
from careops.core.throttling import LIMITS_OPEN, client_address

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
# The two states with an index of their own, which can be counted in a table of any size.
WAITING = (State.PENDING, State.SENDING)
RECENT_ROWS = 10_000
LOOPBACK = ("127.", "::/64")  # client_address gives an IPv6 address as its /64

disable_created_metrics()  # type: ignore[no-untyped-call]  # else each series has a twin that tells its birth
REQUESTS = Counter(
    "careops_requests", "Answered requests.", ("method", "route", "status"), registry=None
)  # fmt: skip
LATENCY = Histogram(
    "careops_request_seconds", "Time to answer.", ("method", "route"), buckets=SECONDS, registry=None
)  # fmt: skip
ACCESS_RECORDS_LOST = Counter(
    "careops_access_records_lost", "Access records that the database did not take in time.", registry=None
)  # fmt: skip


def observe(*, method: str | None, route: str, status: int, seconds: float) -> None:
    """Count one answered request. ``route`` is its template: an address may hold a secret or be anybody's."""
    count, latency = _series(method if method in METHODS else "other", route or "unmatched", status)
    count.inc()
    latency.observe(seconds)


@cache
def _series(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """Looking them up by their labels costs more than counting."""
    return REQUESTS.labels(method, route, status), LATENCY.labels(method, route)


class Installation(Collector):
    """What the tables tell. Without a database only that there is none."""

    def collect(self) -> Iterator[Metric]:
        found: list[Metric] = []
        try:
            found += [*_outboxes(), *_queue(), _alerts(), *_measures()]
        except DatabaseFault:
            found.clear()
        up = bool(found)
        yield GaugeMetricFamily("careops_database_up", "Whether the database answers.", value=up)
        yield from found


def _outboxes() -> Iterable[Metric]:
    lag = GaugeMetricFamily(
        "careops_outbox_lag_seconds", "How long the oldest due row has been due.", labels=["table"]
    )
    waiting = GaugeMetricFamily(
        "careops_outbox_waiting_rows", "Rows that wait or are being delivered.", labels=["table", "state"]
    )
    recent = GaugeMetricFamily(
        "careops_outbox_recent_rows",
        f"What became of the newest {RECENT_ROWS} rows.",
        labels=["table", "state"],
    )
    for model in apps.get_models():
        if issubclass(model, OutboxRow):
            name, rows = model._meta.label_lower, model._default_manager.order_by()
            lag.add_metric([name], _lag(rows))
            for state in WAITING:
                waiting.add_metric([name, state], rows.filter(state=state).count())
            newest = rows.aggregate(pk=Max("pk"))["pk"] or 0
            states = rows.filter(pk__gt=newest - RECENT_ROWS).values_list("state").annotate(n=Count("pk"))
            for state, n in states:
                recent.add_metric([name, state], n)
    return lag, waiting, recent


def _lag(rows: "models.QuerySet[OutboxRow]") -> float:
    now = clock.now()
    due = rows.filter(state=State.PENDING, next_attempt_at__lte=now)
    oldest = due.aggregate(at=Min("next_attempt_at"))["at"]
    return (now - oldest).total_seconds() if oldest else 0.0


def _queue() -> Iterable[Metric]:
    yield GaugeMetricFamily("careops_queue_rows", "Bells and tasks in the queue.", value=OrmQ.objects.count())
    age = heartbeat_age()
    if age is not None:
        yield GaugeMetricFamily(
            "careops_worker_heartbeat_age_seconds", "Time since the worker's heart beat.", value=age
        )


def _alerts() -> Metric:
    """Every known kind, so that a rule over one has a series to look at before the first alert."""
    active = Alert.objects.active().order_by().values_list("kind").annotate(n=Count("pk"))
    tally = Tally(dict.fromkeys(kinds(), 0))
    tally.update(dict(active))
    found = GaugeMetricFamily("careops_alerts_active", "Alerts that wait for a person.", labels=["kind"])
    for kind, n in sorted(tally.items()):
        found.add_metric([kind], n)
    return found


def _measures() -> Iterable[Metric]:
    """What the apps themselves tell."""
    for path in import_string(settings.MEASURES):
        yield from import_string(path)()


def exposition() -> bytes:
    """All numbers as text."""
    registry = CollectorRegistry()
    if settings.PROMETHEUS_MULTIPROC_DIR:
        MultiProcessCollector(registry, settings.PROMETHEUS_MULTIPROC_DIR)  # type: ignore[no-untyped-call]
    else:
        registry.register(REQUESTS)
        registry.register(LATENCY)
        registry.register(ACCESS_RECORDS_LOST)
        registry.register(LIMITS_OPEN)
    registry.register(Installation())
    return generate_latest(registry)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The numbers, for who holds METRICS_TOKEN; without a token set, for callers on this machine alone."""
    if settings.METRICS_TOKEN:
        if not _holds_token(request):
            return HttpResponse(status=401, headers={"WWW-Authenticate": 'Bearer realm="metrics"'})
    elif not _is_local(request):
        raise Http404
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)


def _holds_token(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "").encode()
    return hmac.compare_digest(given, f"Bearer {settings.METRICS_TOKEN}".encode())


def _is_local(request: HttpRequest) -> bool:
    """Whether the caller is on this machine, and not somebody behind a proxy here that NUM_PROXIES left out."""
    if not settings.NUM_PROXIES and {"X-Forwarded-For", "Forwarded"} & request.headers.keys():
        return False
    return client_address(request).startswith(LOOPBACK)
