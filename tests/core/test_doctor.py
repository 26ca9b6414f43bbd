"""``manage.py doctor``: silent about a sound installation, and each broken rule is named."""

import ast
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone
from django_q.models import Schedule

from accounts.enums import Role
from accounts.models import User
from bookings.models import SEAT_RULE, Booking
from careops.core.models import Alert
from careops.invariants import INVARIANTS
from messaging.models import Contact, Message
from tests.factories.accounts import make_user
from tests.factories.bookings import make_booking, make_provider, tomorrow
from tests.factories.inventory import make_item
from tests.factories.messaging import make_contact, make_message
from tests.races.conftest import no_rule as no_rule  # the database without the seat rule
from tests.services.processes import ROOT

pytestmark = pytest.mark.django_db


def doctor(*arguments: str) -> tuple[int, str]:
    """The exit code and what was said."""
    out = StringIO()
    try:
        call_command("doctor", *arguments, stdout=out)
    except SystemExit as ended:
        return int(str(ended.code)), out.getvalue()
    return 0, out.getvalue()


def broken() -> list[str]:
    _, said = doctor()
    return [line.split()[1].rstrip(":") for line in said.splitlines() if line.startswith("BROKEN")]


@pytest.fixture(autouse=True)
def _installed(db: None) -> None:
    call_command("sync_schedules", verbosity=0)
    make_user(Role.ADMIN)


def test_a_sound_installation_exits_with_0() -> None:
    make_booking()
    make_item(3, low_stock_threshold=5)
    make_message()

    code, said = doctor()

    assert (code, said.splitlines()[-1]) == (0, f"All {len(INVARIANTS)} hold.")
    assert said.count("ok ") == len(INVARIANTS)


def test_an_accepted_risk_is_printed_and_breaks_nothing(settings: Any) -> None:
    settings.RISKS_TAKEN = {"no-mail": "Nobody receives mails."}
    code, said = doctor()
    assert (code, said.splitlines()[0]) == (0, "accepted no-mail: Nobody receives mails.")


def _steal_lease() -> None:
    message = make_message()
    Message.objects.filter(pk=message.pk).update(
        state="sending", lease_token="0" * 32, lease_until=Now() - timedelta(minutes=4)
    )


def _forget_to_ask() -> None:
    make_message(state="unknown", ended_at=timezone.now())


def _leave_no_admin() -> None:
    User.objects.update(role=Role.STAFF)


def _invent_a_kind() -> None:
    Alert.objects.create(kind="nonsense", severity="info")


def _unapply() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'inventory'")


def _take_a_guard_away() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE core_event DISABLE TRIGGER core_event_stays")
        else:
            cursor.execute("DROP TRIGGER core_event_stays_delete")


def _change_a_schedule() -> None:
    Schedule.objects.filter(name="tick").update(minutes=7)


def _send_a_schedule_into_the_future() -> None:
    Schedule.objects.filter(name="housekeeping").update(next_run=timezone.now() + timedelta(days=400))


def _drop_a_schedule() -> None:
    Schedule.objects.filter(name="tick").delete()


def _change_a_level() -> None:
    item = make_item(3)
    type(item).objects.filter(pk=item.pk).update(quantity=4)


@pytest.mark.parametrize(
    ("corrupt", "named"),
    [
        (_steal_lease, "no_orphan_leases"),
        (_forget_to_ask, "unknown_messages_are_told"),
        (_leave_no_admin, "somebody_can_administer"),
        (_invent_a_kind, "alert_kinds_are_known"),
        (_take_a_guard_away, "records_are_guarded"),
        (_unapply, "migrations_are_applied"),
        (_change_a_schedule, "schedules_are_the_tables"),
        (_drop_a_schedule, "schedules_are_the_tables"),
        (_send_a_schedule_into_the_future, "schedules_run_in_time"),
        (_change_a_level, "levels"),
    ],
)
def test_what_is_broken_is_named(corrupt: Callable[[], None], named: str) -> None:
    corrupt()

    assert (doctor()[0], broken()) == (1, [named])
    assert doctor("--only", named)[0] == 1
    assert doctor("--only", "automations_exist")[0] == 0


def test_a_handler_that_is_gone_is_named(settings: Any) -> None:
    settings.EVENT_HANDLERS = "tests.core.test_doctor.GONE"

    assert broken() == ["automations_exist"]


GONE = {"booking.created": ("bookings.automations.nobody",)}


def test_two_open_alerts_of_one_subject_are_named() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX alert_one_open_per_kind_and_subject")
    for _ in range(2):
        Alert.objects.create(kind="task_failed", severity="info", subject_type="a task")

    assert broken() == ["one_open_alert_per_subject"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_rule")
def test_a_doubly_held_seat_and_the_missing_rule_are_named() -> None:
    booking = make_booking(make_provider(), at=tomorrow(9))
    later = Booking.objects.create(
        provider=booking.provider,
        contact=booking.contact,
        scheduled_at=booking.scheduled_at + timedelta(minutes=10),
        ends_at=booking.ends_at,
        busy_from=booking.scheduled_at + timedelta(minutes=10),
        busy_until=booking.ends_at,
    )

    said = doctor()[1]

    assert broken() == ["one_booking_per_seat", "no_more_bookings_than_seats", "seat_rule_stands"]
    assert f"booking {later.pk}: seat 0 of provider {booking.provider_id}" in said
    assert f"{SEAT_RULE} is missing" in said


def test_a_clock_that_differs_from_the_databases_is_named() -> None:
    with time_machine.travel(timezone.now() - timedelta(days=1)):
        assert broken() == ["clocks_agree"]


def test_of_many_the_first_are_shown() -> None:
    for n in range(22):
        Alert.objects.create(kind="nonsense", severity="info", subject_id=n)

    said = doctor("--only", "alert_kinds_are_known")[1]

    assert (said.count("nobody knows"), said.count("… and more")) == (20, 1)


def test_every_rule_is_broken_by_a_test_that_sees_it_named() -> None:
    """Tests that break rules stand in files that are called after the doctor or the invariants."""
    files = [*(ROOT / "tests").rglob("test_doctor*.py"), *(ROOT / "tests").rglob("test_*invariants*.py")]
    nodes = [node for path in files for node in ast.walk(ast.parse(path.read_text()))]
    named = {node.value for node in nodes if isinstance(node, ast.Constant)}

    assert [rule.__name__ for rule in INVARIANTS if rule.__name__ not in named] == []


def test_rules_have_names_of_their_own_and_say_what_they_are() -> None:
    names = [rule.__name__ for rule in INVARIANTS]
    assert len(set(names)) == len(names)
    assert [rule.__name__ for rule in INVARIANTS if not (rule.__doc__ or "").strip()] == []


def test_a_folded_text_that_is_not_of_its_row_is_named() -> None:
    """Control: the row is sound before a write passes the verbs by."""
    contact = make_contact(name="Ada")
    assert broken() == []
    Contact.objects.filter(pk=contact.pk).update(name="Bea")
    assert broken() == ["folded_texts_are_current"]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="Only SQLite keeps the index by triggers.")
def test_a_missing_trigger_of_a_search_is_named() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER contact_search_changed")
    assert broken() == ["folded_texts_are_current"]
