from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rest_framework import serializers
from rest_framework.test import APIClient

from careops.core.models import Alert, Event, HandlerRun
from careops.core.reads import ReadSerializer, Rows, render
from tests.core.routes import NoticeRead, RunRead

AT = datetime(2026, 3, 1, 9, 30, 0, 120000, tzinfo=UTC)


class Whom(ReadSerializer):
    id = serializers.IntegerField()
    email = serializers.EmailField()


class AlertByWhom(ReadSerializer):
    kind = serializers.CharField()
    dismissed_by_id = serializers.IntegerField()
    dismissed_by = Whom()


@pytest.fixture
def run(db: None) -> HandlerRun:
    event = Event.objects.create(name="seen", at=AT, subject_type="x.y", subject_id=4)
    return HandlerRun.objects.create(event=event, handler="some.path", dedup_key="k")


def expected(run: HandlerRun) -> dict[str, Any]:
    return {
        "handler": "some.path",
        "event": {"id": run.event.pk, "name": "seen"},
        "event_name": "seen",
        "letters": ["a", "b"],
    }


@pytest.mark.urls("tests.core.routes")
@pytest.mark.parametrize("rows", [1, 3])
def test_a_list_with_related_objects_is_read_in_one_query(
    api: APIClient, run: HandlerRun, rows: int, django_assert_num_queries: Any
) -> None:
    for number in range(1, rows):
        HandlerRun.objects.create(event=run.event, handler="some.path", dedup_key=f"k{number}")
    with django_assert_num_queries(1):
        answer = api.get("/api/runs").json()
    assert answer["results"] == [expected(run)] * rows


def test_an_instance_in_memory_is_shown_as_its_row_is(
    run: HandlerRun, django_assert_num_queries: Any
) -> None:
    read = Rows(RunRead).one(HandlerRun.objects.all())
    with django_assert_num_queries(0):
        shown = Rows(RunRead).of(run)
    assert shown == read == expected(run)


def test_an_absent_related_object_is_null(db: None) -> None:
    alert = Alert.objects.create(kind="k", severity="info")
    shown = {"kind": "k", "dismissed_by_id": None, "dismissed_by": None}
    assert Rows(AlertByWhom).of(alert) == shown
    assert Rows(AlertByWhom).one(Alert.objects.filter(pk=alert.pk)) == shown


def test_an_instant_is_shown_in_utc_whatever_its_zone(db: None) -> None:
    berlin = AT.astimezone(ZoneInfo("Europe/Berlin"))
    alert = Alert.objects.create(kind="k", severity="info", first_seen=berlin)
    rows = Rows(NoticeRead)
    in_memory = render(rows.of(alert))
    assert in_memory == render(rows.one(Alert.objects.all()))
    assert b'"first_seen":"2026-03-01T09:30:00.120000Z"' in in_memory


def test_a_decimal_is_a_text() -> None:
    assert render({"price": Decimal("10.50")}) == b'{"price":"10.50"}'


def test_nothing_is_read_for_an_empty_queryset(db: None) -> None:
    assert Rows(RunRead).one(HandlerRun.objects.all()) is None
    assert Rows(RunRead).all(HandlerRun.objects.none()) == []


class Counted(ReadSerializer):
    letters = serializers.SerializerMethodField()


def test_a_field_that_names_no_column_is_refused_when_it_is_declared() -> None:
    with pytest.raises(TypeError, match=r"Counted\.letters names no column"):
        Rows(Counted)
