"""The rule against double bookings stands in the database, whoever writes."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction

from bookings.enums import BookingStatus
from bookings.models import Booking
from tests.factories.bookings import make_booking, make_provider, tomorrow

pytestmark = pytest.mark.django_db
LIVE = {"pending", "confirmed", "completed"}


def copy_of(booking: Booking, **changes: Any) -> Booking:
    """Another row like this one, not yet written."""
    fields = {field.attname: getattr(booking, field.attname) for field in Booking._meta.concrete_fields}
    return Booking(**{**fields, "id": None, **changes})


def is_refused(write: Any) -> bool:
    try:
        with transaction.atomic():
            write()
    except IntegrityError as error:
        return "bookings_one_per_seat" in str(error)
    return False


@pytest.mark.parametrize("before", BookingStatus.values)
@pytest.mark.parametrize("after", BookingStatus.values)
def test_two_live_rows_never_hold_one_seat(before: str, after: str) -> None:
    booking = make_booking()
    Booking.objects.update(status=before)

    refused = is_refused(lambda: copy_of(booking, status=after).save())

    assert refused is (before in LIVE and after in LIVE)


@pytest.mark.parametrize(
    ("shift", "refused"),
    [(-30, False), (-29, True), (0, True), (29, True), (30, False), (-2880, False), (2880, False)],
)
def test_touching_is_not_overlapping(shift: int, refused: bool) -> None:
    booking = make_booking()
    by = timedelta(minutes=shift)
    times = {
        name: getattr(booking, name) + by for name in ("scheduled_at", "ends_at", "busy_from", "busy_until")
    }

    assert is_refused(lambda: copy_of(booking, **times).save()) is refused


def test_the_longest_booking_and_buffers_are_seen_from_both_ends() -> None:
    day = timedelta(days=1)
    at = tomorrow(days=10)
    long = make_booking(at=at, duration_minutes=1440)
    Booking.objects.update(busy_from=at - day, busy_until=at + 2 * day)

    for start, refused in (
        (at - day, True),
        (at + 2 * day - timedelta(minutes=30), True),
        (at + 2 * day, False),
    ):
        short = {
            "scheduled_at": start,
            "busy_from": start,
            "ends_at": start + timedelta(minutes=30),
            "busy_until": start + timedelta(minutes=30),
            "duration_minutes": 30,
        }
        row = copy_of(long, **short)
        assert is_refused(row.save) is refused


@pytest.mark.parametrize("changes", [{"seat": 1}, {"provider_id": None}])
def test_other_seats_and_providers_are_free(changes: dict[str, Any]) -> None:
    booking = make_booking()
    if "provider_id" in changes:
        changes = {"provider_id": make_provider().pk}

    copy_of(booking, **changes).save()

    assert Booking.objects.count() == 2


@pytest.mark.parametrize(
    "change", [{"seat": 0}, {"status": "confirmed", "seat": 0}, {"busy_until": tomorrow(12, 31), "seat": 0}]
)
def test_an_update_is_refused_as_an_insert_is(change: dict[str, Any]) -> None:
    booking = make_booking()
    other = copy_of(booking, seat=1)
    other.save()

    assert is_refused(lambda: Booking.objects.filter(pk=other.pk).update(**change)) is True


def test_a_row_does_not_stand_in_its_own_way() -> None:
    booking = make_booking()
    assert Booking.objects.filter(pk=booking.pk).update(busy_until=tomorrow(13), status="confirmed") == 1


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"status": "lost"}, "booking_status_is_known"),
        ({"seat": -1}, "booking_seat_is_not_negative"),
        ({"ends_at": tomorrow()}, "booking_ends_after_its_start"),
        ({"busy_from": tomorrow(12, 1)}, "booking_is_busy_while_it_lasts"),
        ({"busy_until": tomorrow(12, 29)}, "booking_is_busy_while_it_lasts"),
        ({"duration_minutes": 1441}, "booking_lasts_up_to_a_day"),
    ],
)
def test_other_nonsense_is_refused_by_name(changes: dict[str, Any], name: str) -> None:
    booking = make_booking()

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Booking.objects.filter(pk=booking.pk).update(**changes)


def triggers() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'bookings_booking'"
        )
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.sqlite_only
def test_on_sqlite_the_rule_is_two_triggers() -> None:
    assert triggers() == {"bookings_one_per_seat", "bookings_one_per_seat_still"}


@pytest.mark.sqlite_only
@pytest.mark.django_db(transaction=True)
def test_the_triggers_outlive_a_remade_table() -> None:
    nickname = models.CharField(max_length=9, default="x")
    nickname.set_attributes_from_name("nickname")
    nickname.model = Booking
    try:
        with connection.schema_editor() as editor:
            editor.add_field(Booking, nickname)
            editor._remake_table(Booking)  # type: ignore[attr-defined]
        booking = make_booking()
        assert is_refused(lambda: copy_of(booking).save()) is True
        assert triggers() == {"bookings_one_per_seat", "bookings_one_per_seat_still"}
    finally:
        with connection.schema_editor() as editor:
            editor._remake_table(Booking)  # type: ignore[attr-defined]


@pytest.mark.postgres_only
def test_on_postgres_the_rule_is_an_exclusion_constraint() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT contype, pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'bookings_one_per_seat'"
        )
        ((kind, definition),) = cursor.fetchall()
    assert (kind, definition.partition(" WHERE ")[0]) == (
        "x",
        "EXCLUDE USING gist (provider_id WITH =, seat WITH =, tstzrange(busy_from, busy_until) WITH &&)",
    )
