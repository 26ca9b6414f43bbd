"""The same key sent at once."""

from typing import Any

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from careops.core.idempotency import keyed_hash
from careops.core.models import Alert, IdempotencyRecord
from tests.core.threads import at_once, impatiently

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.core.routes")]


def post(key: str) -> Any:
    return APIClient().post("/api/notices", {"kind": "a", "detail": "x"}, headers={"Idempotency-Key": key})


def test_twenty_twins_make_one_object_and_replay_it() -> None:
    answers = at_once(*[lambda: post("key-1")] * 20)
    assert [answer.status_code for answer in answers] == [201] * 20
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replay" in answer for answer in answers) == 19
    assert Alert.objects.count() == 1


@pytest.mark.postgres_only
def test_a_twin_that_waits_too_long_is_told_that_the_first_is_at_work() -> None:
    with transaction.atomic():
        IdempotencyRecord.objects.create(
            user_id=0, method="POST", path="/api/notices", key_hash=keyed_hash(b"key-1"), request_hash="x",
            token="00000000-0000-0000-0000-000000000001",
        )  # fmt: skip
        (answer,) = at_once(lambda: impatiently(lambda: post("key-1")))
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_in_progress")
    assert answer["Retry-After"] == "1"
