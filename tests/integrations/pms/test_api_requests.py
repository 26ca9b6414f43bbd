"""Changes that a person asks for over the API, and what is tried again by hand."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.enums import Role
from integrations.pms.models import AppointmentLink, PmsWriteback
from integrations.sandbox.faults import Fault, Kind
from integrations.sandbox.sikka import OFFICE
from tests.factories.accounts import client_with
from tests.factories.bookings import make_booking, make_contact, tomorrow
from tests.integrations.pms.desk import Desk, states
from tests.integrations.pms.test_api import path, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> APIClient:
    return client_with(Role.STAFF)


def test_a_booking_is_sent_by_hand_once(desk: Desk, staff: APIClient) -> None:
    desk.change(writeback_allowed=False)
    booking = desk.book()
    asked = path(desk.integration, "/appointments")
    assert problem(staff.post(asked, {"booking_id": booking.pk})) == (409, "writeback_not_allowed")
    desk.change(writeback_allowed=True)
    first = staff.post(asked, {"booking_id": booking.pk})
    row = first.json()
    assert (first.status_code, row["operation"], row["result"], row["state"]) == (
        202,
        "book_appointment",
        "pending",
        "pending",
    )
    assert first["Location"] == f"/api/pms/writebacks/{row['id']}"
    assert states() == ["pending", "pending"]
    desk.work(minutes=5)
    again = staff.post(asked, {"booking_id": booking.pk}).json()
    assert (again["id"], again["result"], again["remote_id"], again["created_id"]) == (
        row["id"],
        "completed",
        "900002",
        "70002",
    )
    assert problem(staff.post(asked, {"booking_id": 10**9})) == (400, "unknown_booking")
    unlinked = make_booking()
    assert problem(staff.post(asked, {"booking_id": unlinked.pk})) == (409, "provider_not_linked")


def test_one_idempotency_key_is_one_writeback(desk: Desk, staff: APIClient) -> None:
    desk.change(writeback_allowed=False)
    booking = desk.book()
    desk.change(writeback_allowed=True)
    asked = path(desk.integration, "/appointments")
    answers = [staff.post(asked, {"booking_id": booking.pk}, HTTP_IDEMPOTENCY_KEY="k1") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[1]["Idempotent-Replay"] == "true"
    assert PmsWriteback.objects.count() == 2


def test_a_patient_is_made_by_hand(desk: Desk, staff: APIClient) -> None:
    contact = make_contact(name="Grace Example")
    asked = path(desk.integration, "/patients")
    assert staff.post(asked, {"contact_id": contact.pk}).json()["operation"] == "create_patient"
    desk.work(minutes=5)
    assert desk.patients == ["Grace Example"]
    assert staff.post(asked, {"contact_id": contact.pk}).json()["result"] == "completed"
    assert PmsWriteback.objects.count() == 1
    assert problem(staff.post(asked, {"contact_id": 10**9})) == (400, "unknown_contact")


def test_an_appointment_is_changed_by_hand(desk: Desk, staff: APIClient) -> None:
    desk.book()
    desk.work(minutes=5)
    number = AppointmentLink.objects.get().remote_id
    asked = path(desk.integration, f"/appointments/{number}")
    assert staff.patch(asked, {"time": "08:15", "length": 45}).status_code == 202
    assert staff.patch(asked, {"status": "confirmed"}).json()["operation"] == "change_appointment_status"
    desk.work(minutes=5)
    row = desk.sikka.offices[OFFICE].rows["appointments"][number]
    assert (row["time"], row["length"], row["status"]) == ("08:15", "45", "Confirmed")
    assert problem(staff.patch(asked, {})) == (400, "nothing_to_change")
    assert problem(staff.patch(asked, {"status": "Broken", "length": 5})) == (400, "nothing_to_change")
    assert staff.patch(path(desk.integration, "/appointments/1"), {"length": 5}).status_code == 404


def test_a_patient_is_changed_by_hand_where_that_is_possible(desk: Desk, staff: APIClient) -> None:
    desk.book()
    desk.work(minutes=5)
    asked = path(desk.integration, "/patients/70001")
    assert problem(staff.patch(asked, {"name": "Augusta Example"})) == (409, "not_supported")
    desk.sikka.offices[OFFICE].system = "Dolphin"
    desk.change(system="Dolphin")
    assert problem(staff.patch(asked, {"phone": "+15550100009"})) == (409, "not_supported")
    assert staff.patch(asked, {"name": "Augusta Example"}).status_code == 202
    desk.work(minutes=5)
    assert (desk.patients, states()[-1]) == (["Augusta Example"], "completed")
    assert problem(staff.patch(asked, {})) == (400, "nothing_to_change")


def test_a_failed_writeback_is_tried_again_once(desk: Desk, staff: APIClient) -> None:
    desk.sikka.faults.add(Fault(Kind.ANSWER, path="/patient$", status=422))
    desk.book()
    desk.work()
    failed = PmsWriteback.objects.get(state="failed")
    answers = [staff.post(f"/api/pms/writebacks/{failed.pk}/retry") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json()["id"] == answers[1].json()["id"] != failed.pk
    desk.work(minutes=5)
    assert states() == ["failed", "completed", "completed"]
    assert staff.get("/api/alerts/count").json() == {"count": 0}
    done = PmsWriteback.objects.filter(state="completed").first()
    assert done is not None
    assert problem(staff.post(f"/api/pms/writebacks/{done.pk}/retry")) == (409, "not_retryable")


def test_the_list_of_writebacks_is_narrowed_and_costs_the_same(
    desk: Desk, staff: APIClient, django_assert_num_queries: Any
) -> None:
    counts = []
    for hour in (14, 17):
        desk.book(at=tomorrow(hour))
        with django_assert_num_queries(2):
            counts.append(len(staff.get("/api/pms/writebacks?result=pending").json()["results"]))
    assert counts == [2, 4]
    assert (
        staff.get("/api/pms/writebacks?operation=create_patient").json()["results"][0]["result"] == "pending"
    )
    assert problem(staff.get("/api/pms/writebacks?result=lost")) == (400, "invalid")
