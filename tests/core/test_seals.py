"""What was recorded is neither changed nor deleted, and where it is, it is found."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from careops.core import clock
from careops.core.models import AccessRecord, Event, Seal
from careops.core.seals import broken_seals, forget, seal_next, seal_recorded
from tests.services.recorded import alone, past_triggers

pytestmark = pytest.mark.django_db
RECORDED = [Event, AccessRecord]


def make(model: Any, **fields: Any) -> Any:
    if model is Event:
        return Event.objects.create(
            name="a.b", subject_type="core.event", subject_id=1, data={"n": 1}, **fields
        )
    return AccessRecord.objects.create(action="read", door="api", person_ids=[1, 2], **fields)


def old(model: Any, count: int = 3, *, age: timedelta = timedelta(minutes=6)) -> list[Any]:
    """Rows that are old enough to be sealed."""
    at = clock.now() - age
    return [make(model, at=at + timedelta(seconds=number)) for number in range(count)]


@pytest.fixture(autouse=True)
def _alone(db: None) -> None:
    alone()


def refused(statement: str) -> None:
    with pytest.raises(IntegrityError, match="stays"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("table", ["core_event", "core_accessrecord"])
def test_the_database_refuses_to_change_or_delete_a_record(table: str) -> None:
    for model in RECORDED:
        old(model)
    change, delete = f"UPDATE {table} SET actor_id = 99", f"DELETE FROM {table}"  # noqa: S608
    refused(change)
    refused(delete)
    seal_recorded()
    refused(delete)


@pytest.mark.parametrize("model", RECORDED)
def test_the_orm_refuses_alike(model: Any) -> None:
    row = make(model)
    with pytest.raises(IntegrityError), transaction.atomic():
        QuerySet(model).filter(pk=row.pk).update(request_id="changed")
    with pytest.raises(IntegrityError), transaction.atomic():
        QuerySet(model).filter(pk=row.pk).delete()


@pytest.mark.postgres_only
@pytest.mark.parametrize("table", ["core_event", "core_accessrecord", "core_seal"])
def test_no_table_is_emptied_at_once(table: str) -> None:
    refused(f"TRUNCATE {table} CASCADE")


def test_a_seal_is_neither_changed_nor_deleted() -> None:
    old(Event)
    seal_recorded()
    refused("UPDATE core_seal SET digest = 'x'")
    refused("DELETE FROM core_seal")
    Seal.objects.update(forgotten_at=clock.now())
    refused("UPDATE core_seal SET forgotten_at = NULL")


@pytest.mark.parametrize("model", RECORDED)
@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE {table} SET request_id = 'x' WHERE id = %s", True),
        ("UPDATE {table} SET at = '2020-01-01 00:00:00+00' WHERE id = %s", True),
        ("UPDATE {table} SET actor_role = 'staff' WHERE id = %s", True),
        ("DELETE FROM {table} WHERE id = %s", True),
        ("UPDATE {table} SET request_id = request_id WHERE id = %s", False),
    ],
)
def test_one_altered_row_is_found(model: Any, statement: str, found: bool) -> None:
    rows = old(model)
    seal_recorded()
    assert list(broken_seals()) == []
    past_triggers(statement.format(table=model._meta.db_table), rows[1].pk)
    assert len(list(broken_seals())) == int(found)


def test_a_row_put_between_sealed_ones_is_found() -> None:
    _, second, _ = old(Event)
    past_triggers("DELETE FROM core_event WHERE id = %s", second.pk)
    seal_recorded()
    Event.objects.bulk_create([Event(pk=second.pk, name="a.b", subject_type="core.event", subject_id=1)])
    assert len(list(broken_seals())) == 1


def test_a_range_made_anew_breaks_the_seal_behind_it() -> None:
    for _ in range(2):
        old(Event)
        seal_recorded()
    first, _ = Seal.objects.order_by("pk")
    past_triggers("UPDATE core_seal SET digest = %s WHERE id = %s", "0" * 64, first.pk)
    assert len(list(broken_seals())) == 2


def test_young_rows_and_those_behind_them_wait() -> None:
    sealed = old(Event, 2)
    make(Event)
    old(Event, 1)
    seal_recorded()
    assert Seal.objects.get().last_id == sealed[-1].pk
    assert seal_next(Event) is None


def test_only_whole_old_ranges_are_forgotten_and_the_seal_says_so() -> None:
    old(AccessRecord, age=timedelta(days=2))
    seal_recorded()
    newer = old(AccessRecord)
    seal_recorded()
    assert forget(AccessRecord, before=clock.now() - timedelta(days=1)) == 3
    assert list(AccessRecord.objects.order_by("pk")) == newer
    assert list(broken_seals()) == []
    assert [seal.forgotten_at is not None for seal in Seal.objects.order_by("pk")] == [True, False]
    assert forget(AccessRecord, before=clock.now() - timedelta(days=1)) == 0


def test_the_command_seals_and_checks(capsys: pytest.CaptureFixture[str]) -> None:
    rows = old(Event)
    call_command("seal_record")
    call_command("seal_record", check=True)
    assert Seal.objects.get().digest in capsys.readouterr().out
    past_triggers("UPDATE core_event SET actor_id = 5 WHERE id = %s", rows[0].pk)
    with pytest.raises(CommandError, match="1 seals do not fit"):
        call_command("seal_record", check=True)
