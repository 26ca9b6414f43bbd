"""HEARTBEAT_URL: a service outside is called every minute while all is well, and warns somebody when no call comes.

It is a task of a schedule, so a call also proves that the schedules, the queue and the worker work.
"""

import structlog
from django.conf import settings
from django.db import DatabaseError

from careops.core import http, queue
from careops.core.alerts import TASK_FAILED
from careops.core.health import WELL, readiness
from careops.core.mail import MAIL_SERVER_REFUSES
from careops.core.models import Alert

log = structlog.get_logger(__name__)
DEADLINE_SECONDS = 10.0
MAX_BYTES = 65_536
# Of a mail server that refuses this installation no mail can tell.
ALARMS = (MAIL_SERVER_REFUSES.name, TASK_FAILED.name)


def call() -> None:
    """Call HEARTBEAT_URL unless something is wrong. A call that fails is logged; the next minute calls again."""
    if not settings.HEARTBEAT_URL:
        return
    if reasons := what_is_wrong():
        log.warning("heartbeat_url.withheld", reasons=reasons)
        return
    try:
        answer = http.request("GET", settings.HEARTBEAT_URL, deadline=DEADLINE_SECONDS, max_bytes=MAX_BYTES)
    except http.HttpError as error:
        log.warning("heartbeat_url.failed", code=error.code)
        return
    if answer.status >= 300:
        log.warning("heartbeat_url.failed", code=f"status_{answer.status}")


def what_is_wrong() -> list[str]:
    """Parts of readiness that are not well, and kinds of open alerts; empty while the database can be written."""
    try:
        queue.beat("heartbeat_url")
        alarms = Alert.objects.active().filter(kind__in=ALARMS).values_list("kind", flat=True).distinct()
        wrong = list(alarms.order_by("kind"))
    except DatabaseError:
        wrong = ["database_not_written"]
    return wrong + [part for part, word in readiness()["checks"].items() if word not in WELL]
