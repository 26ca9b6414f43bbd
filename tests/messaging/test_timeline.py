"""What happened with a contact and what was said, in one order."""

from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from careops.core import clock
from careops.core.models import Event
from tests.factories.messaging import make_contact, make_message

pytestmark = pytest.mark.django_db


def told(entry: dict[str, Any]) -> tuple[str, Any]:
    return (entry["type"], entry["event"]["type"] if entry["event"] else entry["message"]["rule"])


def a_history(api: APIClient) -> int:
    with time_machine.travel(clock.now(), tick=False) as moment:
        made: int = api.post("/api/contacts", {"name": "Ada", "email": "ada@example.com"}).json()["id"]
        moment.shift(60)
        Event.objects.create(
            name="booking.created",
            subject_type="bookings.booking",
            subject_id=1,
            person_id=made,
            data={"n": 1},
        )
        moment.shift(60)
        api.post("/api/messages", {"contact_id": made, "body": "Hello"})
    make_message(make_contact())  # somebody else's
    return made


def test_the_newest_comes_first_whatever_its_kind(staff_api: APIClient) -> None:
    contact_id = a_history(staff_api)
    page = staff_api.get(f"/api/contacts/{contact_id}/timeline").json()
    assert [told(entry) for entry in page["results"]] == [
        ("message", "reply"),
        ("event", "contact.replied_to"),
        ("event", "contact.automation_paused"),
        ("event", "booking.created"),
        ("message", "welcome"),
        ("event", "contact.created"),
    ]
    assert (page["count"], page["next"]) == (6, None)
    entry = page["results"][3]
    assert (entry["event"]["data"], entry["event"]["subject_id"], entry["message"]) == ({"n": 1}, 1, None)
    assert entry["at"] == entry["event"]["at"]
    welcome = page["results"][4]["message"]
    assert (welcome["status"], welcome["reason"]) == ("suppressed", "staff_replied")


def test_it_is_read_page_by_page(staff_api: APIClient) -> None:
    path = f"/api/contacts/{a_history(staff_api)}/timeline"
    whole = staff_api.get(path).json()["results"]
    url, seen = f"{path}?limit=4", []
    while url:
        page = staff_api.get(url).json()
        assert page["count"] == 6
        seen += page["results"]
        url = page["next"]
    assert seen == whole


@pytest.mark.parametrize("count", [1, 3])
def test_it_costs_the_same_however_long(staff_api: APIClient, count: int) -> None:
    contact = make_contact()
    for n in range(count):
        make_message(contact)
        Event.objects.create(name="x.happened", subject_type="x", subject_id=n, person_id=contact.pk)
    with CaptureQueriesContext(connection) as queries:
        page = staff_api.get(f"/api/contacts/{contact.pk}/timeline").json()
    assert (len(page["results"]), len(queries)) == (2 * count, 5)  # caller; contact; page; events; messages


def test_a_contact_that_is_not_there_has_no_timeline(staff_api: APIClient) -> None:
    assert staff_api.get("/api/contacts/999999/timeline").status_code == 404
