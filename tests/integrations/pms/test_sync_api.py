"""What a practice has, what is to be decided, and reading it again, over the API; nothing there asks the outside."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.pms.models import PmsConflict, SyncState
from integrations.pms.tasks import sync_practices
from messaging.models import Contact
from tests.factories.accounts import client_with
from tests.factories.bookings import make_booking, make_contact, tomorrow
from tests.integrations.pms.desk import Desk
from tests.integrations.pms.practice import Practice, bookings


@pytest.fixture
def practice(desk: Desk) -> Practice:
    return Practice(desk)


def read(path: str) -> Any:
    answer = client_with("staff").get(f"/api/pms/{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def test_appointments_and_patients_as_last_seen(desk: Desk, practice: Practice) -> None:
    patient = practice.patient()
    number = practice.appointment(patient, tomorrow(15))
    practice.sync()
    contact = Contact.objects.get()
    [shown] = read(f"integrations/{desk.integration.pk}/appointments")
    assert {name: shown[name] for name in ("id", "patient_id", "status", "minutes", "description", "contact_id")} == {
        "id": number, "patient_id": patient, "status": "Scheduled", "minutes": 30, "description": "Check-up",
        "contact_id": contact.pk,
    }  # fmt: skip
    assert shown["booking_id"] == contact.bookings.get().pk
    [known] = read(f"integrations/{desk.integration.pk}/patients")
    assert (known["id"], known["contact_id"]) == (patient, contact.pk)
    assert known["person"] == {"name": "Ada Example", "email": "ada@example.com", "phones": ["+12125550101"]}


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("what", ["appointments", "patients"])
def test_a_list_costs_the_same_however_long_it_is(
    desk: Desk, practice: Practice, what: str, rows: int
) -> None:
    for n in range(rows):
        patient = practice.patient(firstname=f"Pat{n}", email=f"pat{n}@example.com", cell="")
        practice.appointment(patient, tomorrow(9 + n))
    practice.sync()
    client = client_with("staff")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        answer = client.get(f"/api/pms/integrations/{desk.integration.pk}/{what}")
    assert (len(answer.json()["results"]), len(asked)) == (rows, 4)


def test_a_conflict_is_read_and_settled(desk: Desk, practice: Practice) -> None:
    make_booking(desk.provider, make_contact(name="Holder"), at=tomorrow(15))
    practice.appointment(practice.patient(), tomorrow(15))
    practice.sync()
    [shown] = read("conflicts?open=true&kind=overlap")
    assert (shown["ours"], shown["theirs"], shown["kept"]) == ("", tomorrow(15).isoformat(), "")
    client = client_with("staff")
    where = f"/api/pms/conflicts/{shown['id']}/settle"
    assert client.post(where, {"keep": "neither"}, format="json").status_code == 400
    answer = client.post(where, {"keep": "theirs"}, format="json")
    assert (answer.status_code, answer.json()["kept"]) == (200, "theirs")
    assert client.post(where, {"keep": "theirs"}, format="json").status_code == 200
    late = client.post(where, {"keep": "ours"}, format="json")
    assert (late.status_code, late.json()["code"]) == (409, "conflict_settled")
    assert read("conflicts?open=true") == []
    assert [status for *_, status in bookings()] == ["cancelled", "pending"]


def test_reading_again_is_asked_for_and_done_by_the_worker(desk: Desk, practice: Practice) -> None:
    practice.appointment(practice.patient(), tomorrow(15))
    before = len(desk.sikka.calls)
    answer = client_with("staff").post(f"/api/pms/integrations/{desk.integration.pk}/sync")
    assert answer.status_code == 202
    assert answer.json() == {
        "integration_id": desk.integration.pk, "due_at": answer.json()["due_at"], "last_sync_at": None,
    }  # fmt: skip
    assert len(desk.sikka.calls) == before
    sync_practices()
    assert len(bookings()) == 1
    calls = len(desk.sikka.calls)
    sync_practices()  # not due yet
    assert len(desk.sikka.calls) == calls


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"state": "disabled"}, "integration_disabled"), ({"office_id": ""}, "not_authorised")],
)
def test_what_cannot_be_read_is_said(desk: Desk, fields: dict[str, str], code: str) -> None:
    desk.change(**fields)
    answer = client_with("admin").post(f"/api/pms/integrations/{desk.integration.pk}/sync")
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert not SyncState.objects.exists()


def test_an_unreadable_secret_is_an_empty_value(desk: Desk, practice: Practice, settings: Any) -> None:
    make_contact(name="Bea Example", email="ada@example.com")
    practice.patient()
    practice.sync()
    assert PmsConflict.objects.count() == 1
    settings.FIELD_ENCRYPTION_KEYS = ["another passphrase of thirty-two letters"]
    [shown] = read("conflicts")
    assert (shown["ours"], shown["theirs"]) == ("", "")
