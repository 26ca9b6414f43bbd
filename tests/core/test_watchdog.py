"""What the watchdog tells is told to its end, also when the database refuses a write."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from careops.core import queue
from careops.core.alerts import WORKER_RESTARTED, raise_alert
from careops.core.models import Alert
from careops.core.watchdog import Watchdog

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def locked_alert() -> Iterator[None]:
    """Another process writes the alert and has not committed: the lock time-out refuses every other write."""
    locked, over = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            Alert.objects.update(detail="written elsewhere")
            locked.set()
            over.wait(30)
        connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    assert locked.wait(10)
    try:
        yield
    finally:
        over.set()
        thread.join()


def look(watchdog: Watchdog) -> None:
    watchdog.next_look = 0
    watchdog._look()


def test_a_refused_write_leaves_the_alert_to_the_next_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor == "sqlite":
        monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 1)
    raise_alert(WORKER_RESTARTED, detail="ended with code 1")
    watchdog = Watchdog(["true"], ready=lambda: None)
    queue.beat()
    look(watchdog)

    queue.beat()
    with locked_alert():
        look(watchdog)
    assert Alert.objects.get().status == "active"

    queue.beat()
    look(watchdog)
    assert Alert.objects.get().status == "resolved"
