"""A person who is erased is nowhere in the database, and nothing of anybody is in the logs."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from rest_framework.test import APIClient

from accounts.enums import Role
from accounts.models import User
from careops.core.models import Event
from messaging.models import Contact, Message
from messaging.services.erasure import export_contact
from messaging.tasks import deliver_messages
from tests.factories.accounts import PASSWORD, client_of, make_user
from tests.factories.messaging import make_contact
from tests.messaging.sink import Sink

pytestmark = pytest.mark.django_db
CANARIES = ("canary", "15550177777")


def tables_that_hold(words: tuple[str, ...]) -> list[str]:
    """The names of the tables in which one of the words occurs in any column."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608
            text = repr(cursor.fetchall()).lower()
        if any(word in text for word in words):
            found.append(model._meta.label_lower)
    return found


def a_canary(api: APIClient, smtp: Sink) -> int:
    body = {
        "name": "Canary Bird", "email": "canary@example.com", "phone": "+15550177777", "notes": "canary notes",
        "tags": ["canary"],
    }  # fmt: skip

    def post(path: str, body: dict[str, Any]) -> Any:
        return api.post(path, body, headers={"Idempotency-Key": str(uuid.uuid4())}).json()

    made: int = post("/api/contacts", body)["id"]
    smtp.fault = "5xx"
    deliver_messages()
    smtp.fault = "close after the final dot"
    post("/api/messages", {"contact_id": made, "subject": "Dear canary", "body": "canary text"})
    deliver_messages()
    api.patch(f"/api/contacts/{made}", {"notes": "canary notes again"})
    assert post("/api/contacts", {"name": "Canary twin", "email": "canary@example.com"})["contact_id"] == made
    post("/api/messages", {"contact_id": made, "subject": "Canary, once more", "body": "canary text"})
    assert list(Message.objects.order_by("id").values_list("state", flat=True)) == [
        "failed",
        "unknown",
        "pending",
    ]
    return made


def test_an_erased_person_is_nowhere_but_the_history_stays(admin_api: APIClient, smtp: Sink) -> None:
    made = a_canary(admin_api, smtp)
    assert "messaging.contact" in tables_that_hold(CANARIES)  # the search finds what is there
    history = admin_api.get(f"/api/contacts/{made}/timeline").json()["count"]
    admin_api.delete(f"/api/contacts/{made}")
    assert tables_that_hold(CANARIES) == []
    shown = admin_api.get(f"/api/contacts/{made}").json()
    assert [shown[key] for key in ("name", "email", "phone", "notes", "tags")] == ["", "", "", "", []]
    assert shown["erased_at"] is not None
    assert admin_api.get(f"/api/contacts/{made}/timeline").json()["count"] == history + 1
    assert admin_api.get("/api/contacts").json()["results"] == []
    assert Event.objects.filter(person_id=made).order_by("-id")[0].name == "contact.erased"


def test_what_waited_for_an_erased_person_is_never_sent(
    admin_api: APIClient, smtp: Sink, deliver: Callable[[], None]
) -> None:
    made = admin_api.post("/api/contacts", {"name": "Ada", "email": "ada@example.com"}).json()["id"]
    assert admin_api.delete(f"/api/contacts/{made}").status_code == 204
    deliver()
    message = Message.objects.get()
    assert (message.state, message.reason, smtp.calls) == ("cancelled", "contact_erased", 0)


def test_an_erased_person_cannot_be_changed_and_may_come_back_as_new(admin_api: APIClient) -> None:
    contact = make_contact(email="ada@example.com")
    admin_api.delete(f"/api/contacts/{contact.pk}")
    for answer in (
        admin_api.patch(f"/api/contacts/{contact.pk}", {"name": "Ada"}),
        admin_api.post(f"/api/contacts/{contact.pk}/pause-automation"),
        admin_api.post(f"/api/contacts/{contact.pk}/resume-automation"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "contact_erased")
    again = admin_api.post("/api/contacts", {"name": "Ada", "email": "ada@example.com"})
    assert (again.status_code, again.json()["id"] == contact.pk) == (201, False)


def test_an_erased_contact_lets_its_account_go(admin_api: APIClient) -> None:
    user: User = make_user(Role.CLIENT)
    contact = make_contact(user=user)
    admin_api.delete(f"/api/contacts/{contact.pk}")
    assert Contact.objects.get().user is None


def test_force_must_be_said_in_words(admin_api: APIClient) -> None:
    path = f"/api/contacts/{make_contact().pk}"
    assert admin_api.delete(f"{path}?force=perhaps").status_code == 400
    assert admin_api.delete(f"{path}?forse=true").status_code == 400
    assert Contact.objects.known().count() == 1


def test_an_export_holds_what_we_hold(staff_api: APIClient) -> None:
    made = staff_api.post("/api/contacts", {"name": "Ada", "email": "ada@example.com"}).json()["id"]
    held = export_contact(Contact.objects.get(pk=made))["messaging"]
    assert held["contact"] == {
        "name": "Ada", "email": "ada@example.com", "phone": "", "notes": "", "tags": [], "time_zone": "",
        "language": "",
    }  # fmt: skip
    assert [(row["to_address"], row["subject"]) for row in held["messages"]] == [
        ("ada@example.com", "Welcome, Ada")
    ]


def test_the_logs_name_nobody(admin_api: APIClient, smtp: Sink, caplog: Any) -> None:
    caplog.set_level("DEBUG")
    made = a_canary(admin_api, smtp)
    admin_api.get("/api/contacts?search=canary")
    admin_api.delete(f"/api/contacts/{made}")
    ours = [
        record for record in caplog.records if not record.name.startswith(("mail.", "django.db", "asyncio"))
    ]
    assert ours != []
    assert [record.getMessage() for record in ours if "canary" in record.getMessage().lower()] == []


def test_an_erased_persons_account_is_nobodys_and_signed_out(admin_api: APIClient) -> None:
    client = make_user(Role.CLIENT, name="Canary Bird", email="canary@example.com")
    contact = make_contact(name="Canary Bird", email="canary@example.com", user=client)
    signed_in = client_of(client)
    assert signed_in.get("/api/auth/me").status_code == 200

    assert admin_api.delete(f"/api/contacts/{contact.pk}").status_code == 204

    assert tables_that_hold(CANARIES) == []
    assert signed_in.get("/api/auth/me").status_code == 401
    again = APIClient().post("/api/auth/login", {"email": "canary@example.com", "password": PASSWORD})
    assert again.json()["code"] == "invalid_credentials"
    assert export_contact(Contact.objects.get(pk=contact.pk))["accounts"] == {}
