"""What an access record says, when none is left, and how records reach the table."""

import time
from collections.abc import Callable
from typing import Any

import pytest
import requests
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client
from rest_framework.test import APIClient

from accounts.enums import Role
from careops.core.access import WRITER, AccessWriter, command_shows, show
from careops.core.metrics import ACCESS_RECORDS_LOST
from careops.core.models import AccessRecord
from tests.factories.accounts import PASSWORD, client_with, granted, make_user
from tests.factories.bookings import make_contact
from tests.factories.office import office, page
from tests.services.processes import Server

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff_api() -> APIClient:
    return client_with(Role.STAFF)


def records() -> list[AccessRecord]:
    """What this process has to write. The table may have rows of the web process that other tests share."""
    return [AccessRecord(**fields) for fields in WRITER.waiting()]


def only() -> AccessRecord:
    (record,) = records()
    return record


def test_a_read_says_who_what_whose_and_from_where(staff_api: APIClient) -> None:
    contact = make_contact()
    answer = staff_api.get(f"/api/contacts/{contact.pk}", REMOTE_ADDR="203.0.113.9")
    record = only()
    assert (record.action, record.door, record.method, record.route) == (
        "read", "api", "GET", "/api/contacts/<pk>"
    )  # fmt: skip
    assert (record.object_id, record.person_ids, record.actor_role) == (
        str(contact.pk),
        [contact.pk],
        "staff",
    )
    assert (record.address, record.request_id) == ("203.0.113.9", answer["X-Request-ID"])


def test_a_list_leaves_one_record_of_everybody_it_shows(staff_api: APIClient) -> None:
    contacts = [make_contact() for _ in range(3)]
    staff_api.get("/api/contacts")
    assert only().person_ids == sorted(contact.pk for contact in contacts)


def test_an_answer_that_the_caller_has_already_leaves_none(staff_api: APIClient) -> None:
    address = f"/api/contacts/{make_contact().pk}"
    tag = staff_api.get(address)["ETag"]
    assert len(records()) == 1
    assert staff_api.get(address, headers={"If-None-Match": tag}).status_code == 304
    assert len(records()) == 1


def test_an_answer_without_people_leaves_none(staff_api: APIClient) -> None:
    staff_api.get("/api/providers")
    assert records() == []


def test_a_denial_says_what_was_asked_for_and_why_not(api: APIClient) -> None:
    contact = make_contact()
    client_with(Role.CLIENT).get(f"/api/contacts/{contact.pk}")
    api.get("/api/contacts")
    client_with(Role.STAFF).get("/api/contacts/999999")
    assert [(record.action, record.status, record.code, record.object_id) for record in records()] == [
        ("denied", 403, "forbidden", str(contact.pk)),
        ("denied", 401, "not_authenticated", ""),
        ("denied", 404, "not_found", "999999"),
    ]
    assert [record.person_ids for record in records()] == [[], [], []]


def test_words_in_an_address_are_no_id() -> None:
    client_with(Role.CLIENT).get("/api/nocodebackend/referrals/the%20one%20of%20Ada")
    client_with(Role.CLIENT).get("/api/nocodebackend/referrals/ref_000123")
    assert [record.object_id for record in records()] == ["", "ref_000123"]


def test_sign_ins_and_refused_ones_are_recorded_with_the_address(api: APIClient) -> None:
    user = make_user(Role.STAFF)
    for password in ("wrong password", PASSWORD):
        api.post(
            "/api/auth/login",
            {"email": user.email, "password": password},
            REMOTE_ADDR="203.0.113.9",
            format="json",
        )
    api.post("/api/auth/login", {"email": "nobody@example.com", "password": "wrong password"}, format="json")
    found = [(record.action, record.object_id, record.actor_id, record.address) for record in records()]
    assert found == [
        ("denied", str(user.pk), None, "203.0.113.9"),
        ("sign_in", str(user.pk), user.pk, "203.0.113.9"),
        ("denied", "", None, "127.0.0.1"),
    ]


def test_the_back_offices_own_sign_in_is_recorded_alike() -> None:
    user, browser = make_user(Role.ADMIN), Client()
    for password in ("wrong password", PASSWORD):
        browser.post("/admin/login/", {"username": user.email, "password": password})
    assert [(record.action, record.door, record.object_id) for record in records()] == [
        ("denied", "back_office", str(user.pk)),
        ("sign_in", "back_office", str(user.pk)),
    ]


def test_no_record_holds_a_persons_words(staff_api: APIClient) -> None:
    contact = make_contact(name="Zacharias Quill", email="zq@example.com")
    staff_api.get("/api/contacts?search=Zacharias")
    staff_api.get(f"/api/contacts/{contact.pk}")
    assert len(WRITER.waiting()) == 2
    assert "acharias" not in str(WRITER.waiting())


def test_records_are_for_admins_alone() -> None:
    assert office("admin").get(page(AccessRecord)).status_code == 200
    assert office("staff").get(page(AccessRecord)).status_code == 403


def test_a_command_that_shows_somebody_leaves_its_record() -> None:
    with command_shows("a_command"):
        show([7])
    with command_shows("another"):
        pass
    record = AccessRecord.objects.get(door="command")
    assert (record.door, record.route, record.person_ids) == ("command", "a_command", [7])


def test_the_report_names_reads_writes_and_itself(
    capsys: pytest.CaptureFixture[str], staff_api: APIClient
) -> None:
    contact, other = make_contact(), make_contact()
    staff_api.get(f"/api/contacts/{contact.pk}")
    staff_api.get(f"/api/contacts/{other.pk}")
    staff_api.patch(f"/api/contacts/{contact.pk}", {"notes": "Likes tea."}, format="json")
    WRITER.flush()
    call_command("audit_report", contact=contact.pk)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[2].partition(" ")[0] for line in lines] == [
        "read", "contact.updated", "read"
    ]  # fmt: skip
    assert all(f"<pk>, {other.pk}" not in line for line in lines)
    assert AccessRecord.objects.of(contact.pk).filter(route="audit_report").count() == 1


def test_the_page_of_a_contact_shows_the_record_to_admins(staff_api: APIClient) -> None:
    contact = make_contact()
    staff_api.get(f"/api/contacts/{contact.pk}")
    staff_api.patch(f"/api/contacts/{contact.pk}", {"notes": "Likes tea."}, format="json")
    WRITER.flush()
    address = f"/admin/messaging/contact/{contact.pk}/record/"
    shown = office("admin").get(address).content.decode()
    assert "API: GET /api/contacts/&lt;pk&gt;" in shown
    assert "Contact updated" in shown
    assert address in office("admin").get(page(contact)).content.decode()
    assert address not in office("staff").get(page(contact)).content.decode()
    assert office("staff").get(address).status_code == 403


def test_a_long_record_is_walked_to_its_end(staff_api: APIClient) -> None:
    contact = make_contact()
    for _ in range(60):
        staff_api.get(f"/api/contacts/{contact.pk}")
    WRITER.flush()
    browser, address, seen = office("admin"), f"/admin/messaging/contact/{contact.pk}/record/", 0
    place = ""
    while True:
        context = browser.get(f"{address}{place}").context
        seen += len(context["entries"])
        if (older := context["older"]) is None:
            break
        place = f"?event={older.event}&access={older.access}"
    assert seen == 60


def test_what_the_database_does_not_take_waits_and_the_oldest_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(*_given: Any) -> None:
        raise OperationalError

    writer, lost = AccessWriter(kept=3), ACCESS_RECORDS_LOST._value.get()
    monkeypatch.setattr(AccessRecord.objects, "bulk_create", refused)
    for number in range(4):
        writer.add({"action": "read", "door": "api", "object_id": f"row{number}"})
        writer.flush()
    monkeypatch.undo()
    writer.flush()
    written = AccessRecord.objects.filter(object_id__startswith="row").order_by("pk")
    assert [record.object_id for record in written] == ["row1", "row2", "row3"]
    assert ACCESS_RECORDS_LOST._value.get() == lost + 1


@pytest.mark.django_db(transaction=True)
def test_what_the_database_refuses_does_not_hold_up_the_rest() -> None:
    writer, lost = AccessWriter(), ACCESS_RECORDS_LOST._value.get()
    writer.add({"action": "read", "door": "api", "status": None})
    assert writer.flush()
    writer.add({"action": "read", "door": "api", "object_id": "behind"})
    assert writer.flush()
    assert AccessRecord.objects.filter(object_id="behind").count() == 1
    assert ACCESS_RECORDS_LOST._value.get() == lost + 1


@pytest.mark.django_db(transaction=True)
def test_a_web_process_writes_within_a_second(serve: Callable[..., Server]) -> None:
    contact, token = make_contact(), granted(make_user(Role.STAFF)).tokens.access
    answer = requests.get(
        f"{serve().url}/api/contacts/{contact.pk}", headers={"Authorization": f"Bearer {token}"}, timeout=10
    )
    assert answer.status_code == 200
    until = time.monotonic() + 10
    while not (found := AccessRecord.objects.of(contact.pk).exists()) and time.monotonic() < until:
        time.sleep(0.05)
    assert found
