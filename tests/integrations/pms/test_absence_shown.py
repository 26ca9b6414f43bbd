"""The practice's page says how many bookings a button cancels or restores, and the button does that to no other."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.enums import Role
from bookings.models import Booking
from careops.core.access import WRITER
from tests.factories.bookings import make_booking, make_contact, tomorrow
from tests.factories.office import office, page, said
from tests.integrations.pms.desk import Desk, alerts
from tests.integrations.pms.practice import Practice, bookings


@pytest.fixture
def practice(desk: Desk) -> Practice:
    return Practice(desk)


@pytest.fixture
def diary(practice: Practice) -> list[str]:
    made = []
    for place, name in enumerate(("Ada", "Ben", "Cleo", "Dora")):
        patient = practice.patient(firstname=name, email=f"{name.lower()}@example.com", cell="")
        made.append(practice.appointment(patient, tomorrow(10 + 2 * place)))
    practice.sync()
    return made


@pytest.fixture
def admin() -> Client:
    return office(Role.ADMIN)


def statuses() -> list[str]:
    return [status for *_, status in bookings()]


def text_of(answer: Any) -> str:
    return answer.content.decode()


def press(admin: Client, where: str, shown: Any) -> Any:
    return admin.post(where, {"_snapshot": shown.context["snapshot"]}, follow=True)


def lose(practice: Practice, numbers: list[str]) -> list[dict[str, Any]]:
    rows = [practice.office.rows["appointments"].pop(number) for number in numbers]
    practice.sync_later(full=True)
    return rows


def test_the_button_and_its_page_say_how_many_and_which(
    desk: Desk, practice: Practice, diary: list[str], admin: Client
) -> None:
    lose(practice, diary[:3])
    where = page(desk.integration, "do/gone")

    shown = text_of(admin.get(where))

    assert "They are gone (3 bookings)" in text_of(admin.get(page(desk.integration)))
    assert shown.count("They are gone (3 bookings)") >= 2  # the heading and the button
    listed = [str(booking) for booking in Booking.objects.order_by("scheduled_at")]
    assert [each in shown for each in listed] == [True, True, True, False]


def test_what_became_missing_since_stays(
    desk: Desk, practice: Practice, diary: list[str], admin: Client
) -> None:
    lose(practice, diary[:3])
    where = page(desk.integration, "do/gone")
    shown = admin.get(where)
    lose(practice, diary[3:])

    answer = press(admin, where, shown)

    assert said(answer) == ["3 bookings are cancelled."]
    assert statuses() == ["cancelled"] * 3 + ["pending"]
    assert [kind for kind, _ in alerts()] == ["pms_sync_held"]


def test_what_was_seen_again_since_stays(
    desk: Desk, practice: Practice, diary: list[str], admin: Client
) -> None:
    (row, *_) = lose(practice, diary[:3])
    where = page(desk.integration, "do/gone")
    shown = admin.get(where)
    practice.office.rows["appointments"][diary[0]] = row
    practice.sync_later(full=True)

    assert said(press(admin, where, shown)) == ["2 bookings are cancelled."]
    assert statuses() == ["pending", "cancelled", "cancelled", "pending"]


def test_what_was_seen_again_altogether_is_said(
    desk: Desk, practice: Practice, diary: list[str], admin: Client
) -> None:
    rows = lose(practice, diary[:3])
    where = page(desk.integration, "do/gone")
    shown = admin.get(where)
    practice.office.rows["appointments"].update(zip(diary, rows, strict=False))
    practice.sync_later(full=True)

    answer = press(admin, where, shown)

    assert "No appointment of this practice is held as missing." in text_of(answer)
    assert statuses() == ["pending"] * 4


def test_a_restoration_restores_what_was_shown(
    desk: Desk, practice: Practice, diary: list[str], admin: Client
) -> None:
    practice.delete(diary[0])
    practice.sync_twice()
    where = page(desk.integration, "do/restore")
    shown = admin.get(where)
    practice.delete(diary[1])
    practice.sync_twice()

    answer = press(admin, where, shown)

    assert re.search(r"Restore what a reading cancelled \(1 booking\)", text_of(shown))
    assert said(answer) == ["1 booking is restored."]
    assert statuses() == ["pending", "cancelled", "pending", "pending"]


def test_a_restoration_says_what_it_left(
    desk: Desk, practice: Practice, diary: list[str], admin: Client
) -> None:
    lose(practice, diary[:3])
    admin.post(page(desk.integration, "do/gone"), follow=True)
    make_booking(desk.provider, make_contact(name="Rival"), at=tomorrow(12))

    answer = admin.post(page(desk.integration, "do/restore"), follow=True)

    assert said(answer) == ["2 bookings are restored. 1 booking is not, because the seat is taken."]


def test_the_page_leaves_a_record_of_whom_it_lists(
    desk: Desk, practice: Practice, diary: list[str], admin: Client
) -> None:
    lose(practice, diary[:3])
    WRITER.clear()
    admin.get(page(desk.integration, "do/gone"))
    (record,) = WRITER.waiting()
    assert len(record["person_ids"]) == 3
