"""What a view does when the database gives its transaction up for another one."""

from typing import Any

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from careops.core.models import Alert
from tests.core.routes import LosingView
from tests.core.threads import at_once, impatiently

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.core.routes")]


@pytest.mark.postgres_only
def test_the_loser_of_a_deadlock_is_run_once_more() -> None:
    one, two = (Alert.objects.create(kind=kind, severity="info").pk for kind in "ab")

    def cross(*order: int) -> Any:
        return APIClient().post("/api/cross", {"order": order})

    answers = at_once(lambda: cross(one, two), lambda: cross(two, one))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert list(Alert.objects.values_list("count", flat=True)) == [3, 3]


def test_whoever_loses_twice_is_asked_to_come_back(api: APIClient) -> None:
    LosingView.calls.clear()
    answer = api.post("/api/losing", {"a": 1})
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "busy", "1")
    assert LosingView.calls == [{"a": 1}, {"a": 1}]


@pytest.mark.postgres_only
def test_whoever_waits_too_long_for_a_row_is_asked_to_come_back() -> None:
    alert = Alert.objects.create(kind="a", severity="info")
    with transaction.atomic():
        Alert.objects.select_for_update().get(pk=alert.pk)
        client = APIClient()
        (answer,) = at_once(
            lambda: impatiently(lambda: client.patch(f"/api/notices/{alert.pk}", {"kind": "b"}))
        )
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "busy", "1")
