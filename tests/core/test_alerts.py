"""One open alert per cause, however often and by however many it is raised."""

import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
import structlog
from django.db import IntegrityError, connection, transaction

from bookings.models import Booking
from careops.core.alerts import AlertKind, dismiss, raise_alert, raise_alerts, resolve_alert
from careops.core.context import one_request
from careops.core.models import Alert, AlertStatus, Event, Severity
from tests.factories.bookings import has_begun
from tests.factories.inventory import make_item
from tests.factories.office import office, page, said
from tests.inventory.visits import make_visit

KIND = AlertKind("test_cause", Severity.WARNING, "A cause under test", "Nothing.")
OTHER = AlertKind("test_other_cause", Severity.INFO, "Another", "Nothing.")
THREADS = 8


def counts() -> list[tuple[str, int]]:
    return [(alert.status, alert.count) for alert in Alert.objects.order_by("pk")]


def at_once(work: Callable[[threading.Barrier], None]) -> list[Exception]:
    """Run ``work`` in eight threads, each with a connection of its own; what they raised."""
    barrier = threading.Barrier(THREADS, timeout=30)
    raised: list[Exception] = []

    def run() -> None:
        try:
            work(barrier)
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return raised


@pytest.mark.django_db
def test_a_repeat_is_counted_on_the_open_alert() -> None:
    raise_alert(KIND, subject="a task", detail="first")
    raise_alert(KIND, subject="a task", detail="x" * 400)

    alert = Alert.objects.get()
    assert (alert.count, alert.detail, alert.severity) == (2, "x" * 300, "warning")
    assert alert.last_seen > alert.first_seen


@pytest.mark.django_db
def test_kinds_and_subjects_have_alerts_of_their_own() -> None:
    event = Event.objects.create(name="test", subject_type="", subject_id=0)
    for kind in (KIND, OTHER):
        for subject in (None, "a task", event):
            raise_alert(kind, subject=subject)

    assert counts() == [("active", 1)] * 6


@pytest.mark.django_db
def test_a_cause_that_comes_back_after_its_end_opens_a_new_alert() -> None:
    raise_alert(KIND)

    assert resolve_alert(KIND) is True
    assert resolve_alert(KIND) is False
    raise_alert(KIND)

    assert counts() == [("resolved", 1), ("active", 1)]


@pytest.mark.django_db
def test_a_dismissed_alert_stays_dismissed_until_its_cause_has_ended() -> None:
    raise_alert(KIND)
    dismissed = dismiss(alert=Alert.objects.get(), actor=None)

    raise_alert(KIND)
    assert counts() == [("dismissed", 2)]

    resolve_alert(KIND)
    raise_alert(KIND)
    assert counts() == [("resolved", 2), ("active", 1)]
    assert dismissed.dismissed_at is not None


@pytest.mark.django_db
def test_dismissing_again_or_when_resolved_changes_nothing() -> None:
    raise_alert(KIND)
    first = dismiss(alert=Alert.objects.get(), actor=None).dismissed_at
    assert dismiss(alert=Alert.objects.get(), actor=None).dismissed_at == first

    resolve_alert(KIND)
    assert dismiss(alert=Alert.objects.get(), actor=None).status == AlertStatus.RESOLVED


@pytest.mark.django_db
def test_the_database_refuses_a_second_open_alert_of_a_cause() -> None:
    Alert.objects.create(kind="test_cause", severity="info")

    with pytest.raises(IntegrityError):
        Alert.objects.create(kind="test_cause", severity="info")


def test_a_kind_is_declared_once() -> None:
    with pytest.raises(ValueError, match="test_cause is declared twice"):
        AlertKind("test_cause", Severity.INFO, "Another", "Nothing.")


@pytest.mark.django_db(transaction=True)
def test_eight_that_look_first_and_insert_then_collide() -> None:
    """The control: without the guard all eight see no alert, and seven fail."""

    def look_then_insert(barrier: threading.Barrier) -> None:
        seen = Alert.objects.filter(kind=KIND.name).exists()
        barrier.wait()
        if not seen:
            Alert.objects.create(kind=KIND.name, severity="info")

    raised = at_once(look_then_insert)

    assert [type(error) for error in raised] == [IntegrityError] * (THREADS - 1)
    assert counts() == [("active", 1)]


@pytest.mark.django_db(transaction=True)
def test_eight_that_raise_the_same_alert_at_once_open_one_and_count_eight() -> None:
    def raise_it(barrier: threading.Barrier) -> None:
        barrier.wait()
        raise_alert(KIND, subject="a task")

    assert at_once(raise_it) == []
    assert counts() == [("active", THREADS)]


@pytest.mark.django_db(transaction=True)
def test_alerts_that_are_raised_and_resolved_at_once_leave_at_most_one_open() -> None:
    def raise_and_resolve(barrier: threading.Barrier) -> None:
        barrier.wait()
        for _ in range(5):
            raise_alert(KIND)
            resolve_alert(KIND)

    assert at_once(raise_and_resolve) == []
    assert sum(count for _, count in counts()) == THREADS * 5
    assert Alert.objects.unresolved().count() == 0


@pytest.mark.django_db
def test_a_cause_is_counted_once_per_request() -> None:
    make_item(10, sku="GLV", low_stock_threshold=9)
    first = make_visit(GLV=1)
    browser = office("staff")
    rows = [has_begun(booking) for booking in (first, *(make_visit(first.service) for _ in range(3)))]
    same_id = {"X-Request-ID": "the-same-id"}

    for chosen in (rows[:2], rows[2:]):  # each booking is completed in a transaction of its own
        sent = {"action": "complete", "_selected_action": [booking.pk for booking in chosen]}
        answer = browser.post(page(Booking), sent, follow=True, headers=same_id)
        assert said(answer) == ["Complete: 2 of 2 done."]

    assert counts() == [("active", 2)]
    assert Alert.objects.get().detail == "GLV: 6 piece left"


@pytest.mark.django_db
def test_what_a_request_has_rolled_back_does_not_count() -> None:
    raise_alert(KIND)
    with structlog.contextvars.bound_contextvars(request_id="one-request"), one_request():
        with suppress(ZeroDivisionError), transaction.atomic():
            raise_alert(KIND)
            raise ZeroDivisionError
        raise_alert(KIND)
        raise_alert(KIND)
        raise_alert(OTHER)
        raise_alerts(OTHER, {Event.objects.create(name="test", subject_type="", subject_id=0): ""})

    assert counts() == [("active", 2), ("active", 1), ("active", 1)]
