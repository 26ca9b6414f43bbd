"""Compiled queries answer as Django's own do, whatever the values."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from careops.core import clock
from careops.core.models import Alert, Event, HandlerRun
from careops.core.prepared import Prepared, Source, insert

pytestmark = pytest.mark.django_db


def made(count: int) -> list[Event]:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        Event.objects.create(
            name=f"thing.{number % 3}",
            subject_type="core.event",
            subject_id=number,
            at=start + timedelta(days=number),
        )
        for number in range(count)
    ]


def named(name: str, since: datetime, least: int) -> QuerySet[Any, Any]:
    found = Event.objects.filter(name=name, at__gte=since, subject_id__gte=least)
    return found.order_by("id").values_list("id", "name", "data", "at")


@pytest.mark.parametrize("name", ["thing.0", "thing.1", "nothing", "it's 100 % \x02odd\x03"])
@pytest.mark.parametrize("least", [-5, 0, 4, 2**62])
def test_every_value_finds_what_django_finds(name: str, least: int) -> None:
    made(9)
    prepared, since = Prepared(), datetime(2026, 1, 3, tzinfo=UTC)
    for _ in range(2):  # the first compiles, the second runs what was compiled
        assert prepared.rows(named, name, since, least) == list(named(name, since, least))


def test_a_shape_is_compiled_once(django_assert_num_queries: Any) -> None:
    prepared, calls = Prepared(), []

    def build(least: int) -> QuerySet[Any, Any]:
        calls.append(least)
        return Event.objects.filter(pk__gte=least).values_list("pk")

    for value in (1, 2, 3):
        with django_assert_num_queries(1):
            prepared.rows(build, value)
    # Two sets of markers on PostgreSQL; elsewhere each value as it is given.
    assert len(calls) == (2 if connection.vendor == "postgresql" else 3)


def test_a_value_that_reaches_the_database_changed_is_not_fixed_at_its_first_sight() -> None:
    first, second, _ = made(3)
    prepared = Prepared()

    def doubled(number: int) -> QuerySet[Any, Any]:
        return Event.objects.filter(subject_id=number * 2 - number).values_list("pk")

    def shifted(number: int) -> QuerySet[Any, Any]:
        return Event.objects.filter(subject_id=number - 1).values_list("pk")

    assert [prepared.rows(shifted, number) for number in (1, 2)] == [[(first.pk,)], [(second.pk,)]]
    assert [prepared.rows(doubled, number, shape="doubled") for number in (0, 1)] == [
        [(first.pk,)],
        [(second.pk,)],
    ]


def test_a_value_that_only_some_shapes_use_is_passed_over() -> None:
    made(2)
    prepared = Prepared()

    def build(_user: int, least: int) -> QuerySet[Any, Any]:
        return Event.objects.filter(subject_id__gte=least).values_list("subject_id")

    assert [prepared.rows(build, 7, least) for least in (0, 1)] == [[(1,), (0,)], [(1,)]]


def test_a_time_on_some_wall_is_left_to_django() -> None:
    made(1)
    prepared = Prepared()

    def build(since: datetime) -> QuerySet[Any, Any]:
        aware = since if since.tzinfo else since.replace(tzinfo=UTC)
        return Event.objects.filter(at__gte=aware).values_list("subject_id")

    assert prepared.rows(build, datetime(2026, 1, 2, tzinfo=UTC)) == []
    assert prepared.rows(build, datetime(2025, 1, 2)) == [(0,)]  # noqa: DTZ001  # a naive time is the point


def test_objects_are_whole_instances() -> None:
    (event,) = made(1)
    (found,) = Prepared().objects(Event, lambda pk: Event.objects.filter(pk=pk), event.pk)
    assert found == event
    assert (found.name, found.at, found.data, found._state.adding) == (event.name, event.at, {}, False)


def test_a_source_counts_and_pages_the_same_rows() -> None:
    made(7)
    source = Source(lambda name: Event.objects.filter(name=name), "thing.0", prepared=Prepared())
    page = source.rows(lambda found: found.order_by("id").values_list("subject_id")[:2], way="page")
    assert (page, source.count()) == ([(0,), (3,)], 3)
    assert source.count() == Source(lambda: Event.objects.filter(name="thing.0")).count()


def test_insert_writes_what_save_would() -> None:
    at = clock.now()
    ours = Event(name="a.b", subject_type="core.event", subject_id=1, at=at, data={"n": 1})
    insert(ours)
    theirs = Event.objects.create(name="a.b", subject_type="core.event", subject_id=1, at=at, data={"n": 1})
    again = Event.objects.get(pk=ours.pk)
    assert (again.name, again.at, again.data) == (theirs.name, theirs.at, theirs.data)
    assert theirs.pk > ours.pk
    assert ours._state.adding is False


def test_insert_of_a_known_key_learns_its_id_and_writes_nothing() -> None:
    (event,) = made(1)
    runs = [HandlerRun(event=event, handler=str(uuid.uuid4()), dedup_key="the same") for _ in range(2)]
    for run in runs:
        insert(run, unless_known_by="dedup_key")
    assert runs[0].pk == runs[1].pk
    assert HandlerRun.objects.get().handler == runs[0].handler


def test_many_shapes_do_not_pile_up() -> None:
    prepared = Prepared()
    for number in range(1100):
        prepared.rows(lambda pk: Alert.objects.filter(pk=pk).values_list("pk"), 1, shape=number)
    assert len(prepared._known) <= 512
