import uuid
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from careops.core import clock
from careops.core.idempotency import keyed_hash
from careops.core.models import Alert, IdempotencyRecord
from careops.core.problems import TooManyRequests
from careops.core.retention import housekeep
from tests.core import routes

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.routes")]


def post(api: APIClient, body: dict[str, Any], key: str = "key-1", **headers: str) -> Any:
    return api.post("/api/notices", body, headers={"Idempotency-Key": key, **headers})


def test_a_repeated_post_has_one_effect_and_the_first_answer(api: APIClient) -> None:
    first, again = post(api, {"kind": "a"}), post(api, {"kind": "a"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.content, again["ETag"], again["Location"]) == (
        first.content,
        first["ETag"],
        first["Location"],
    )
    assert (first.headers.get("Idempotent-Replay"), again.headers.get("Idempotent-Replay")) == (None, "true")
    assert Alert.objects.count() == 1


def test_both_slash_forms_are_one_path(api: APIClient) -> None:
    post(api, {"kind": "a"})
    again = api.post("/api/notices/", {"kind": "a"}, headers={"Idempotency-Key": "key-1"})
    assert (again.status_code, again["Idempotent-Replay"]) == (201, "true")


def test_without_a_key_nothing_is_recorded(api: APIClient) -> None:
    assert api.post("/api/notices", {"kind": "a"}).status_code == 201
    assert IdempotencyRecord.objects.count() == 0


def test_another_body_under_the_same_key_is_refused(api: APIClient) -> None:
    post(api, {"kind": "a"})
    answer = post(api, {"kind": "b"})
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_mismatch")
    assert Alert.objects.count() == 1


def test_another_key_is_another_request(api: APIClient) -> None:
    assert post(api, {"kind": "a"}).status_code == 201
    assert post(api, {"kind": "b"}, key="key-2").status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "caf\u00e9", "tab\there"])
def test_a_key_that_is_no_key_is_refused(api: APIClient, key: str) -> None:
    answer = api.post("/api/notices", {"kind": "a"}, HTTP_IDEMPOTENCY_KEY=key)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_idempotency_key")
    assert Alert.objects.count() == 0


def test_a_refusal_is_replayed_even_when_it_would_no_longer_hold(api: APIClient) -> None:
    Alert.objects.create(kind="a", severity="info")
    first = post(api, {"kind": "a"}, **{"X-Request-ID": "desk-0001"})
    Alert.objects.all().delete()
    again = post(api, {"kind": "a"}, **{"X-Request-ID": "desk-0002"})
    assert (first.status_code, again.status_code) == (409, 409)
    assert again["Content-Type"] == "application/problem+json"
    assert again["Idempotent-Replay"] == "true"
    assert again.json() == first.json() | {"request_id": "desk-0002"}
    assert (again.json()["kind"], Alert.objects.count()) == ("a", 0)


def test_a_body_that_is_refused_keeps_its_errors_in_the_replay(api: APIClient) -> None:
    first, again = post(api, {"severity": "loud"}), post(api, {"severity": "loud"})
    assert (first.status_code, again.status_code) == (400, 400)
    assert again.json()["errors"] == first.json()["errors"]
    assert again["Idempotent-Replay"] == "true"


def test_a_crash_undoes_everything_and_frees_the_key(api: APIClient) -> None:
    assert post(api, {"kind": "crash"}).status_code == 500
    assert (Alert.objects.count(), IdempotencyRecord.objects.count()) == (0, 0)
    assert post(api, {"kind": "a"}).status_code == 201


def test_too_many_requests_is_not_kept(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes.KindTaken, "status", TooManyRequests.status)
    Alert.objects.create(kind="a", severity="info")
    assert post(api, {"kind": "a"}).status_code == 429
    assert IdempotencyRecord.objects.count() == 0


def test_a_replay_shows_what_the_caller_may_see_now(api: APIClient) -> None:
    made = post(api, {"kind": "a"}).json()["id"]
    Alert.objects.filter(pk=made).update(count=9)
    assert post(api, {"kind": "a"}).json()["count"] == 9
    Alert.objects.filter(pk=made).update(kind="hidden")
    gone = post(api, {"kind": "a"})
    assert (gone.status_code, gone.json()["code"]) == (404, "not_found")


def test_keys_of_two_people_are_two_keys(api: APIClient, django_user_model: Any) -> None:
    record = {
        "method": "POST",
        "path": "/api/notices",
        "key_hash": keyed_hash(b"key-1"),
        "request_hash": "x",
        "http_status": 201,
    }
    IdempotencyRecord.objects.create(user_id=5, token=uuid.uuid4(), **record)
    assert post(api, {"kind": "a"}).status_code == 201
    assert sorted(IdempotencyRecord.objects.values_list("user_id", flat=True)) == [0, 5]


def test_a_key_is_free_again_after_a_day(api: APIClient) -> None:
    with time_machine.travel(clock.now() - timedelta(hours=24, seconds=1), tick=False):
        post(api, {"kind": "a"})
    answer = post(api, {"kind": "b"})
    assert (answer.status_code, answer.headers.get("Idempotent-Replay")) == (201, None)
    assert IdempotencyRecord.objects.count() == 1


def test_a_clock_that_is_ahead_frees_no_key(api: APIClient) -> None:
    post(api, {"kind": "a"})
    with time_machine.travel(clock.now() + timedelta(days=365), tick=False):
        assert post(api, {"kind": "a"}).headers["Idempotent-Replay"] == "true"


def test_records_are_purged_after_a_day(api: APIClient) -> None:
    with time_machine.travel(clock.now() - timedelta(hours=24, seconds=1), tick=False):
        post(api, {"kind": "a"})
        housekeep()
        assert IdempotencyRecord.objects.count() == 1
    housekeep()
    assert IdempotencyRecord.objects.count() == 0


def test_nothing_personal_is_kept_in_a_record(api: APIClient) -> None:
    Alert.objects.create(kind="Grace", severity="info")
    api.post("/api/notices", {"kind": "b", "detail": "Grace"}, headers={"Idempotency-Key": "Grace-1"})
    (record,) = IdempotencyRecord.objects.values()
    assert "Grace" not in str(record)
