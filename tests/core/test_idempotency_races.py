"""The same key sent at once, over threads with connections of their own."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from rest_framework.test import APIClient

from careops.core.models import Alert, IdempotencyRecord

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.core.routes")]


def at_once(count: int, work: Callable[[], Any]) -> list[Any]:
    """What ``work`` returned in each of ``count`` threads that begin together."""
    barrier, results = threading.Barrier(count), []

    def run() -> None:
        barrier.wait()
        try:
            results.append(work())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def post(key: str | None) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return APIClient().post("/api/alerts", {"kind": "a", "detail": "x"}, headers=headers)


def test_twenty_twins_make_one_object_and_replay_it() -> None:
    answers = at_once(20, lambda: post("key-1"))
    assert [answer.status_code for answer in answers] == [201] * 20
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replay" in answer for answer in answers) == 19
    assert Alert.objects.count() == 1


@pytest.mark.postgres_only
def test_a_twin_that_waits_too_long_is_told_that_the_first_is_at_work() -> None:
    with transaction.atomic():
        IdempotencyRecord.objects.create(
            user_id=0, method="POST", path="/api/alerts", key="key-1", request_hash="x",
            token="00000000-0000-0000-0000-000000000001",
        )  # fmt: skip
        (answer,) = at_once(1, lambda: _impatiently(lambda: post("key-1")))
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_in_progress")
    assert answer["Retry-After"] == "1"


def _impatiently(work: Callable[[], Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = 200")
    return work()
