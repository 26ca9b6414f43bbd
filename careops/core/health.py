"""Is it alive, and is it ready: a word per part, no host, no version."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.cache import cache as shared_cache
from django.db import Error as DatabaseFault
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Value
from django_q.models import OrmQ
from drf_spectacular.utils import extend_schema, inline_serializer
from redis import RedisError
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from careops.core import clock
from careops.core.database_faults import Cause, cause_of
from careops.core.models import Counter
from careops.core.outbox import OutboxRow, State
from careops.core.queue import heartbeat_age

# A bare qcluster beats by its minute schedule, which it looks at every half minute: up to two minutes may pass
# between two beats of a healthy one. Under the watchdog a restart comes long before this.
WORKER_LATE = timedelta(seconds=150)
QUEUE_LATE = 1000
OUTBOX_LATE = timedelta(minutes=5)
WORDS = ("ok", "late", "missing", "unavailable", "unknown", "accepted", "read_only", "full", "locked")
WRITES_FAIL = frozenset({Cause.READ_ONLY, Cause.FULL, Cause.LOCKED})
NOT_READY = frozenset({"unavailable", "missing", "unknown"})
REQUIRED = ("database", "migrations")


class Write:
    """Whether the database takes changes: tried at most every few seconds in a process."""

    seconds = 5.0

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next, self._word = 0.0, "ok"

    def word(self) -> str:
        """``ok``, ``read_only``, ``full``, or ``locked`` where another process holds the database. Raises DatabaseFault."""
        if time.monotonic() >= self._next and self._lock.acquire(blocking=False):
            try:
                self._next = time.monotonic() + self.seconds
                self._word = self._try()
            finally:
                self._lock.release()
        return self._word

    def _try(self) -> str:
        row = Counter(key="health:write", n=1, expires_at=clock.now() + timedelta(days=1))
        try:
            Counter.objects.bulk_create(
                [row], update_conflicts=True, unique_fields=["key"], update_fields=["expires_at"]
            )
        except DatabaseFault as error:
            cause = cause_of(error)
            if cause in WRITES_FAIL:
                return str(cause)
            raise
        return "ok"


WRITE = Write()


def _database() -> str:
    """Reads, and tries a write: where that fails, reading goes on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return WRITE.word()


class MigrationsMissing(Exception):
    """Keeps ``missing`` out of the cache below."""


@cache
def _migrations_applied() -> bool:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise MigrationsMissing
    return True


def _migrations() -> str:
    try:
        return "ok" if _migrations_applied() else "missing"
    except MigrationsMissing:
        return "missing"


def _cache() -> str:
    try:
        shared_cache.set("health", "ok", 10)
        return "ok" if shared_cache.get("health") == "ok" else "unavailable"
    except RedisError:
        return "unavailable"


def _worker() -> str:
    age = heartbeat_age()
    if age is None:
        return "missing"
    return "ok" if age <= WORKER_LATE.total_seconds() else "late"


def _queue() -> str:
    return "ok" if OrmQ.objects.count() < QUEUE_LATE else "late"


def _outbox() -> str:
    """Late when a row of any outbox has been due for longer than a healthy worker needs."""
    waiting = {"state": State.PENDING, "next_attempt_at__lt": clock.now() - OUTBOX_LATE}
    first, *more = [
        model._default_manager.filter(**waiting).order_by().values_list(Value(1))
        for model in apps.get_models()
        if issubclass(model, OutboxRow)
    ]
    return "late" if first.union(*more, all=True)[:1] else "ok"


def _settings() -> str:
    """Accepted when this installation takes a risk that ACCEPTED_RISKS names."""
    return "accepted" if settings.RISKS_TAKEN else "ok"


CHECKS: dict[str, Callable[[], str]] = {
    "database": _database,
    "migrations": _migrations,
    "cache": _cache,
    "worker": _worker,
    "queue": _queue,
    "outbox": _outbox,
    "settings": _settings,
}
ASK_NO_DATABASE = frozenset({"cache", "settings"})
WELL = frozenset({"ok", "accepted"})


def readiness() -> dict[str, Any]:
    """``status`` and a word per check. ``unavailable`` only without the database or a migration."""
    words: dict[str, str] = {}
    for name, check in CHECKS.items():
        if words.get("database") == "unavailable" and name not in ASK_NO_DATABASE:
            words[name] = "unknown"
            continue
        try:
            words[name] = check()
        except DatabaseFault:
            words[name] = "unavailable" if name == "database" else "unknown"
    if any(words[name] in NOT_READY for name in REQUIRED):
        return {"status": "unavailable", "checks": words}
    late = any(word not in WELL for word in words.values())
    return {"status": "degraded" if late else "ok", "checks": words}


class OpenView(APIView):
    """For machines that only ask whether we are there: no sign-in, no limit."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()


class HealthView(OpenView):
    @extend_schema(
        operation_id="health",
        responses=inline_serializer("Health", {"status": serializers.CharField(help_text="Always ok.")}),
    )
    def get(self, request: Request) -> Response:
        """Whether the process answers. Touches nothing else."""
        return Response({"status": "ok"})


def _word(*words: str) -> serializers.CharField:
    return serializers.CharField(help_text="One of " + ", ".join(words) + ".")


READY = inline_serializer(
    "Ready",
    {
        "status": _word("ok", "degraded", "unavailable"),
        "checks": inline_serializer("ReadyChecks", {name: _word(*WORDS) for name in CHECKS}),
    },
)


class ReadyView(OpenView):
    @extend_schema(operation_id="health_ready", responses={200: READY, 503: READY})
    def get(self, request: Request) -> Response:
        """Whether the parts behind the process answer: a word for each."""
        answer = readiness()
        return Response(answer, status=503 if answer["status"] == "unavailable" else 200)
