from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import RequestFactory
from rest_framework.test import APIClient

from careops.core.metrics import exposition
from careops.core.models import Counter
from careops.core.retention import housekeep
from careops.core.throttling import client_address, hit

pytestmark = [pytest.mark.django_db, pytest.mark.throttled, pytest.mark.urls("tests.core.routes")]
NOON = datetime(2026, 3, 1, 12, 0, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _rates(settings: Any) -> None:
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "api": "2/min"}


def test_the_request_over_the_limit_is_told_when_to_come_back(api: APIClient) -> None:
    with time_machine.travel(NOON, tick=False):
        assert [api.get("/api/notices").status_code for _ in range(2)] == [200, 200]
        refused = api.get("/api/notices")
    assert (refused.status_code, refused.json()["code"], refused["Retry-After"]) == (429, "throttled", "50")
    with time_machine.travel(NOON + timedelta(seconds=50), tick=False):
        assert api.get("/api/notices").status_code == 200


def test_health_is_never_limited(api: APIClient) -> None:
    assert [api.get("/api/health").status_code for _ in range(5)] == [200] * 5


def test_each_address_has_its_own_bucket(api: APIClient) -> None:
    with time_machine.travel(NOON, tick=False):
        statuses = [api.get("/api/notices", REMOTE_ADDR="198.51.100.1").status_code for _ in range(3)]
        other = api.get("/api/notices", REMOTE_ADDR="198.51.100.2").status_code
    assert (statuses, other) == ([200, 200, 429], 200)


def test_a_forwarded_address_that_nobody_vouches_for_opens_no_new_bucket(api: APIClient) -> None:
    with time_machine.travel(NOON, tick=False):
        statuses = [
            api.get("/api/notices", headers={"X-Forwarded-For": f"203.0.113.{number}"}).status_code
            for number in range(3)
        ]
    assert statuses == [200, 200, 429]


def test_a_request_is_counted_in_one_statement(api: APIClient, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        api.get("/api/notices")


def test_limits_that_are_off_cost_no_statement(settings: Any, django_assert_num_queries: Any) -> None:
    settings.THROTTLES_ENABLED = False
    with django_assert_num_queries(0):
        assert [hit("api:x", rate="1/min").allowed for _ in range(3)] == [True] * 3


@pytest.mark.parametrize(("rate", "seconds"), [("1/s", 1), ("1/min", 60), ("1/hour", 3600), ("1/day", 86400)])
def test_a_rate_names_its_window(rate: str, seconds: int) -> None:
    with time_machine.travel(datetime(2026, 3, 1, tzinfo=UTC), tick=False):
        assert hit("api:x", rate=rate).allowed is True
        assert hit("api:x", rate=rate).retry_after == seconds


def test_a_counter_holds_no_address_and_no_mail() -> None:
    hit("sign_in:198.51.100.1 grace@example.com", rate="5/min")
    (key,) = Counter.objects.values_list("key", flat=True)
    assert key.startswith("throttle:sign_in:")
    assert "198.51" not in key
    assert "grace" not in key


def test_counters_of_past_windows_are_purged() -> None:
    with time_machine.travel(NOON, tick=False):
        hit("api:x", rate="5/min")
        hit("api:x", rate="5/hour")
        housekeep()
        assert Counter.objects.count() == 2
    with time_machine.travel(NOON + timedelta(minutes=2), tick=False):
        housekeep()
    assert [key.split(":")[3] for key in Counter.objects.values_list("key", flat=True)] == ["3600"]


@pytest.mark.postgres_only
def test_counters_are_kept_out_of_the_write_ahead_log() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'core_counter'")
        assert cursor.fetchone() == ("u",)


def test_with_redis_the_counters_live_there(
    redis_url: str, settings: Any, django_assert_num_queries: Any
) -> None:
    settings.REDIS_URL = redis_url
    with time_machine.travel(NOON, tick=False), django_assert_num_queries(0):
        verdicts = [hit("api:x", rate="2/min") for _ in range(3)]
    assert [(verdict.allowed, verdict.retry_after) for verdict in verdicts] == [
        (True, 0),
        (True, 0),
        (False, 50),
    ]


def test_a_store_that_is_gone_lets_requests_pass(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    counted = b'careops_limits_open_total{limit="unreachable"} 3.0'
    assert counted not in exposition()
    assert [hit("unreachable:x", rate="1/min").allowed for _ in range(3)] == [True] * 3
    assert counted in exposition()


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, "198.51.100.9"),
        (0, "203.0.113.1", "198.51.100.9"),
        (1, None, "198.51.100.9"),
        (1, "203.0.113.1", "203.0.113.1"),
        (1, "10.9.9.9, 203.0.113.1", "203.0.113.1"),
        (2, "10.9.9.9, 203.0.113.1, 192.0.2.7", "203.0.113.1"),
        (2, "203.0.113.1", "203.0.113.1"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (1, "::ffff:203.0.113.1", "203.0.113.1"),
        (1, "nonsense", "unknown"),
    ],
)
def test_an_address_is_what_the_trusted_hops_say(
    settings: Any, proxies: int, forwarded: str | None, address: str
) -> None:
    settings.NUM_PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert client_address(RequestFactory().get("/", REMOTE_ADDR="198.51.100.9", headers=headers)) == address
