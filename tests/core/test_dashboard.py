"""The clinic at a glance."""

from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Thread
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.enums import Role
from bookings import services
from careops.core.alerts import HANDLER_FAILED, TASK_FAILED, dismiss, raise_alert
from careops.core.models import Alert
from careops.dashboard import figures
from messaging.models import Message
from tests.factories.accounts import client_with
from tests.factories.bookings import make_booking, make_contact, make_provider
from tests.factories.inventory import make_item
from tests.factories.messaging import make_message
from tests.factories.pms import make_integration, make_writeback
from tests.factories.referrals import make_referral

pytestmark = pytest.mark.django_db
ROUTE = "/api/dashboard"
NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)  # a Wednesday
STATEMENTS = 2


@pytest.fixture
def staff() -> APIClient:
    return client_with(Role.STAFF)


@pytest.fixture
def _cached(settings: Any) -> None:
    settings.DASHBOARD_CACHE_SECONDS = 5
    figures.kept.forget()


def read(api: APIClient) -> dict[str, Any]:
    answer = api.get(ROUTE)
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def test_an_empty_clinic_has_nothing_to_count(staff: APIClient) -> None:
    body = read(staff)

    assert body.pop("as_of")
    assert body == {
        "time_zone": "UTC",
        "bookings_today": 0,
        "bookings_today_by_status": {
            "pending": 0, "confirmed": 0, "completed": 0, "no_show": 0, "cancelled": 0,
        },
        "bookings_next_7_days": 0,
        "no_show_rate": None,
        "contacts_new_this_week": 0,
        "messages_failed": 0,
        "oldest_undelivered_message": None,
        "low_stock": 0,
        "referrals_open": 0,
        "pending_writebacks": 0,
        "active_alerts": 0,
        "active_alerts_by_kind": {},
    }  # fmt: skip


def test_each_figure_counts_its_own(settings: Any) -> None:
    with time_machine.travel(NOON, tick=False):
        staff = client_with(Role.STAFF)
        provider, contact = make_provider(capacity=9), make_contact()
        midnight = NOON.replace(hour=0)

        def booked(at: datetime, verb: Any = None) -> None:
            made = make_booking(provider, contact, at=at)
            if verb is not None:
                verb(booking=made, actor=None)

        booked(midnight)
        booked(midnight + timedelta(hours=23, minutes=59), services.confirm)
        booked(NOON, services.cancel)
        booked(NOON, services.complete)
        booked(NOON, services.mark_no_show)
        booked(midnight - timedelta(minutes=1), services.complete)
        booked(midnight - timedelta(days=55), services.complete)
        booked(midnight - timedelta(days=55, minutes=1), services.mark_no_show)
        booked(midnight + timedelta(days=7, minutes=-1))
        booked(midnight + timedelta(days=7))
        make_item(2, sku="LOW", low_stock_threshold=2)
        for status in ("open", "accepted", "completed", "declined"):
            make_referral(contact, status=status)
        make_item(3, low_stock_threshold=2)
        raise_alert(HANDLER_FAILED, subject=provider)
        raise_alert(TASK_FAILED, subject="a task")
        dismiss(alert=Alert.objects.get(kind="task_failed"), actor=None)
        make_message(contact, state="failed", ended_at=NOON)
        practice = make_integration()
        make_writeback(practice, contact, state="pending")
        make_writeback(practice, contact, state="failed")

        body = read(staff)

    assert body["as_of"] == "2026-11-25T12:00:00Z"
    assert body["bookings_today"] == 3
    assert body["bookings_today_by_status"] == {
        "pending": 1, "confirmed": 1, "completed": 1, "no_show": 1, "cancelled": 1,
    }  # fmt: skip
    assert body["bookings_next_7_days"] == 4
    assert body["no_show_rate"] == 0.25
    assert (body["contacts_new_this_week"], body["low_stock"], body["messages_failed"]) == (1, 1, 1)
    assert body["referrals_open"] == 2
    assert body["pending_writebacks"] == 1
    assert body["active_alerts_by_kind"] == {"handler_failed": 1, "low_stock": 1}
    assert body["active_alerts"] == 2


@pytest.mark.parametrize("rows", [1, 3])
def test_it_takes_two_statements(staff: APIClient, rows: int) -> None:
    for _ in range(rows):
        make_booking()
        make_item(0, low_stock_threshold=1)
    with CaptureQueriesContext(connection) as queries:
        read(staff)

    assert len(queries) == 1 + STATEMENTS  # the sign-in with its user


@pytest.mark.usefixtures("_cached")
def test_it_is_counted_again_after_some_seconds_and_says_so(staff: APIClient) -> None:
    first = staff.get(ROUTE)
    make_item(0, low_stock_threshold=1)
    with CaptureQueriesContext(connection) as queries:
        again = staff.get(ROUTE)

    assert again.json() == first.json()
    assert len(queries) == 1
    assert again["Cache-Control"] in {"private, max-age=4", "private, max-age=3"}
    figures.kept.until = 0.0  # the seconds are over
    later = read(staff)
    assert (later["low_stock"], later["as_of"] > first.json()["as_of"]) == (1, True)


def test_while_one_counts_the_others_wait_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = count(1)
    monkeypatch.setattr(figures, "count", lambda: {"n": next(counts)})
    kept = figures._Kept()
    answers: list[Any] = []
    threads = [Thread(target=lambda: answers.append(kept.get(5).figures)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [{"n": 1}] * 8


def test_the_oldest_message_that_waits_is_named(staff: APIClient) -> None:
    contact = make_contact()
    old = make_message(contact)
    make_message(contact)
    Message.objects.filter(pk=old.pk).update(created_at=NOON - timedelta(days=2000))

    assert read(staff)["oldest_undelivered_message"].startswith("2021-06-04")


def test_only_the_back_office_sees_it(staff: APIClient) -> None:
    assert client_with(Role.CLIENT).get(ROUTE).status_code == 403
    assert client_with(Role.PROFESSIONAL).get(ROUTE).status_code == 403
    assert APIClient().get(ROUTE).status_code == 401
    assert staff.get(ROUTE, {"day": "today"}).status_code == 400
