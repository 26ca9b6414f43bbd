"""Messages over the API: the staff reply, the ledger, the conversation."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.enums import Role
from accounts.models import User
from careops.core import clock
from careops.core.models import Event
from messaging.models import Contact, Message
from messaging.tasks import end_pauses
from tests.factories.accounts import client_with
from tests.factories.messaging import make_contact, make_message
from tests.messaging.sink import Sink

pytestmark = pytest.mark.django_db


def reply(api: APIClient, contact: Contact, key: str | None = None, **changes: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    body = {"contact_id": contact.pk, "channel": "email", "subject": "Your question", "body": "Come at ten."}
    return api.post("/api/messages", {**body, **changes}, headers=headers)


def states(contact: Contact) -> list[tuple[str, str, str]]:
    return list(contact.messages.order_by("id").values_list("rule", "state", "reason"))


def test_a_reply_is_queued_and_sent(
    staff_api: APIClient, staff: User, smtp: Sink, deliver: Callable[[], None]
) -> None:
    contact = make_contact()
    answer = reply(staff_api, contact)
    body = answer.json()
    assert answer.status_code == 201
    assert {key: body[key] for key in body if key not in {"id", "created_at", "planned_for"}} == {
        "contact_id": contact.pk, "user_id": None, "direction": "outbound", "channel": "email",
        "automated": False, "rule": "reply", "about_type": "", "about_id": None, "sender_id": staff.pk,
        "subject": "Your question", "body": "Come at ten.", "status": "pending", "reason": "", "attempts": 0,
        "sent_at": None,
    }  # fmt: skip
    deliver()
    (mail,) = smtp.accepted
    assert (mail["To"], mail["Subject"], mail["Auto-Submitted"]) == (contact.email, "Your question", None)
    (row,) = staff_api.get(f"/api/messages/{contact.pk}").json()["results"]
    assert (row["status"], row["sent_at"] is None) == ("sent", False)


def test_a_reply_stops_automated_messages_planned_and_to_come(staff_api: APIClient) -> None:
    contact = make_contact()
    make_message(contact)
    with time_machine.travel(clock.now(), tick=False):
        reply(staff_api, contact)
        until = (clock.now() + timedelta(hours=72)).isoformat().replace("+00:00", "Z")
    assert states(contact) == [("welcome", "suppressed", "staff_replied"), ("reply", "pending", "")]
    shown = staff_api.get(f"/api/contacts/{contact.pk}").json()
    assert (shown["automation_paused"], shown["paused_until"], shown["pause_reason"]) == (
        True, until, "staff_replied",
    )  # fmt: skip
    names = Event.objects.filter(person_id=contact.pk).order_by("id").values_list("name", flat=True)
    assert list(names) == ["contact.automation_paused", "contact.replied_to"]


def test_a_pause_after_a_reply_ends_by_itself_when_the_setting_says_so(
    staff_api: APIClient, settings: Any
) -> None:
    settings.REPLY_PAUSE_HOURS = 4
    contact = make_contact()
    with time_machine.travel(clock.now(), tick=False):
        reply(staff_api, contact)
        contact.refresh_from_db()
        assert contact.paused_until == clock.now() + timedelta(hours=4)
    end_pauses()
    assert Contact.objects.get().automation_paused is True
    with time_machine.travel(clock.now() + timedelta(hours=4, seconds=1)):
        assert Contact.objects.get().is_paused is False
        end_pauses()
    assert Contact.objects.get().automation_paused is False
    assert Event.objects.filter(name="contact.automation_resumed", actor_id=None).count() == 1


def test_a_reply_does_not_shorten_a_pause_by_hand(staff_api: APIClient, settings: Any) -> None:
    settings.REPLY_PAUSE_HOURS = 4
    contact = make_contact()
    staff_api.post(f"/api/contacts/{contact.pk}/pause-automation")
    reply(staff_api, contact)
    shown = staff_api.get(f"/api/contacts/{contact.pk}").json()
    assert (shown["paused_until"], shown["pause_reason"]) == (None, "automation_paused")


def test_automation_is_paused_and_resumed_by_hand(staff_api: APIClient) -> None:
    contact = make_contact()
    make_message(contact)
    paused = staff_api.post(f"/api/contacts/{contact.pk}/pause-automation", {"until": "2099-01-01T00:00:00Z"})
    assert (paused.status_code, paused.json()["automation_paused"]) == (200, True)
    assert paused.json()["paused_until"] == "2099-01-01T00:00:00Z"
    assert states(contact) == [("welcome", "suppressed", "automation_paused")]
    for _ in range(2):
        resumed = staff_api.post(f"/api/contacts/{contact.pk}/resume-automation")
        assert (resumed.status_code, resumed.json()["automation_paused"]) == (200, False)
    assert states(contact) == [("welcome", "suppressed", "automation_paused")]
    assert Event.objects.filter(name="contact.automation_resumed").count() == 1


@pytest.mark.parametrize(
    ("fields", "change", "status", "code"),
    [
        ({}, {"channel": "sms"}, 409, "channel_unavailable"),
        ({"email": ""}, {}, 409, "no_address"),
        (
            {"name": "", "email": "", "phone": "", "erased_at": "2026-01-01T00:00:00Z"},
            {},
            409,
            "contact_erased",
        ),
        ({}, {"subject": "Hi\r\nBcc: all@example.com"}, 400, "invalid_subject"),
        ({}, {"body": ""}, 400, "invalid"),
        ({}, {"channel": "pigeon"}, 400, "invalid"),
        ({}, {"contact_id": 10**12}, 404, "not_found"),
        ({}, {"contact_id": None}, 400, "invalid"),
    ],
)
def test_what_cannot_be_sent_is_refused_and_stops_nothing(
    staff_api: APIClient, fields: dict[str, Any], change: dict[str, Any], status: int, code: str
) -> None:
    contact = make_contact(**fields)
    answer = reply(staff_api, contact, **change)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    contact.refresh_from_db()
    events = Event.objects.filter(person_id=contact.pk)
    assert (contact.automation_paused, Message.objects.count(), events.count()) == (False, 0, 0)


def test_a_caller_cannot_choose_who_speaks(staff_api: APIClient, staff: User) -> None:
    answer = reply(staff_api, make_contact(), direction="inbound", automated=True, sender_id=999)
    refused = [(each["field"], each["code"]) for each in answer.json()["errors"]]
    assert (answer.status_code, Message.objects.count()) == (400, 0)
    assert refused == [(name, "read_only_field") for name in ("direction", "automated", "sender_id")]

    made = reply(staff_api, make_contact(email="other@example.com")).json()
    assert (made["direction"], made["automated"], made["sender_id"]) == ("outbound", False, staff.pk)


def test_a_reply_sent_twice_under_one_key_goes_out_once(staff_api: APIClient) -> None:
    contact = make_contact()
    first, second = reply(staff_api, contact, key="once"), reply(staff_api, contact, key="once")
    assert (first.status_code, second.status_code, second["Idempotent-Replay"]) == (201, 201, "true")
    assert (first.json(), Message.objects.count()) == (second.json(), 1)


def test_the_ledger_is_narrowed_and_the_conversation_goes_forward(staff_api: APIClient) -> None:
    contact, other = make_contact(), make_contact()
    first = make_message(contact)
    second = make_message(contact, state="suppressed", reason="no_address")
    answer = make_message(contact, direction="inbound", state="delivered", automated=False)
    stranger = make_message(other, channel="sms")

    def found(path: str) -> list[int]:
        return [row["id"] for row in staff_api.get(path).json()["results"]]

    assert found("/api/messages") == [stranger.pk, answer.pk, second.pk, first.pk]
    assert found(f"/api/messages?contact={contact.pk}") == [answer.pk, second.pk, first.pk]
    assert found("/api/messages?direction=inbound") == [answer.pk]
    assert found("/api/messages?channel=sms") == [stranger.pk]
    assert found("/api/messages?status=suppressed,delivered") == [answer.pk, second.pk]
    assert found("/api/messages?automated=false") == [answer.pk]
    assert found("/api/messages?ordering=id") == [first.pk, second.pk, answer.pk, stranger.pk]
    assert found(f"/api/messages/{contact.pk}") == [first.pk, second.pk, answer.pk]
    assert found(f"/api/messages/{contact.pk}?status=pending") == [first.pk]
    bad = staff_api.get("/api/messages?status=lost")
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (400, "status")
    assert staff_api.get(f"/api/messages/{10**9}").status_code == 404


def test_a_conversation_is_walked_by_cursor(staff_api: APIClient) -> None:
    contact = make_contact()
    wanted = [make_message(contact).pk for _ in range(5)]
    url, seen = f"/api/messages/{contact.pk}?cursor=&limit=2", []
    while url:
        page = staff_api.get(url).json()
        seen += [row["id"] for row in page["results"]]
        url = page["next"]
    assert seen == wanted


def test_conversations_are_for_the_back_office(api: APIClient) -> None:
    contact = make_contact()
    for path in ("/api/messages", f"/api/messages/{contact.pk}"):
        callers = [api, client_with(Role.CLIENT), client_with(Role.PROFESSIONAL), client_with(Role.STAFF)]
        assert [caller.get(path).status_code for caller in callers] == [401, 403, 403, 200]
    assert reply(client_with(Role.CLIENT), contact).status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_lists_cost_the_same_however_long(staff_api: APIClient, count: int) -> None:
    contact = make_contact()
    for _ in range(count):
        make_message(contact)
    for path, statements in {"/api/messages": 2, f"/api/messages/{contact.pk}": 3}.items():
        with CaptureQueriesContext(connection) as queries:
            assert len(staff_api.get(path).json()["results"]) == count
        assert (path, len(queries)) == (path, statements)
