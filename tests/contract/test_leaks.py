"""One whole walk over real sockets, from signing in to an alert that is dismissed.

Nothing of a person stands in a log line, or in a table that is kept after the person is erased; at the end the doctor
finds nothing wrong.
"""

import base64
import json
import re
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.db import models
from django_q.models import OrmQ, Schedule, Task

from accounts.enums import Role
from accounts.models import AccountMail, User
from bookings.models import Service
from careops.core import clock
from careops.core.models import Alert, Counter, Event, HandlerRun, Heartbeat, IdempotencyRecord
from inventory.models import Item
from messaging.models import Contact, Message
from tests.core.watching import eventually
from tests.factories.accounts import make_user
from tests.factories.bookings import make_provider, make_service, tomorrow
from tests.factories.inventory import make_item, make_recipe
from tests.messaging.sink import Sink, running
from tests.services.mailbox import sends_to, wait_until_delivered
from tests.services.processes import Server, Started

PASSWORD = "Wistaria-7-Lantern-Ferry"
CANARIES = (
    "quillfeather", "marmalade", "zuleika", "5550142857", "555-014-2858", "xylophonist", "hydrangea",
    "bergamot", "thessaly", "obsidian", "wistaria", "periwinkle",
)  # fmt: skip
KEPT = (OrmQ, Task, Schedule, Event, Alert, IdempotencyRecord, Counter, Heartbeat, HandlerRun)


@pytest.fixture
def sink() -> Iterator[Sink]:
    with running() as started:
        yield started


def production(sink: Sink) -> dict[str, str]:
    """An environment as in production, over plain HTTP, that logs all it can and mails to ``sink``."""
    keys = ("SECRET_KEY", "JWT_SECRET_KEY", "FIELD_ENCRYPTION_KEYS")
    return sends_to(
        sink,
        **{key: secrets.token_urlsafe(64) for key in keys},
        ENVIRONMENT="production",
        ALLOWED_HOSTS="127.0.0.1",
        PUBLIC_URL="https://careops.example.com",
        SECURE_SSL_REDIRECT="0",
        LOG_LEVEL="DEBUG",
        DASHBOARD_CACHE_SECONDS="0",
    )


class Desk:
    """A front desk at work over a real socket, with canaries in everything it types."""

    def __init__(self, url: str) -> None:
        self.url, self.headers = url, {"User-Agent": "Thessaly/1.0"}

    def do(self, method: str, path: str, expected: int, body: Any = None, **headers: str) -> dict[str, Any]:
        named = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        answer = requests.request(method, f"{self.url}/api/{path}", json=body, headers=named, timeout=30)
        assert answer.status_code == expected, answer.text
        return answer.json() if answer.content else {}

    def sign_in(self, email: str) -> None:
        self.do("POST", "auth/login", 401, {"email": email, "password": "periwinkle-is-wrong"})
        self.do("POST", "auth/login", 401, {"email": "periwinkle@example.com", "password": PASSWORD})
        token = self.do("POST", "auth/login", 200, {"email": email, "password": PASSWORD})["token"]
        self.headers["Authorization"] = f"Bearer {token}"
        self.do("POST", "auth/password/reset", 202, {"email": email})

    def know(self) -> int:
        """Make a contact, and go wrong in every way at it; its id."""
        person = {"name": "Zuleika Quillfeather", "email": "Zuleika@example.com", "phone": "+15550142857"}
        made = self.do(
            "POST", "contacts", 201, {**person, "notes": "plays the xylophonist"}, Idempotency_Key="k1"
        )
        self.do("POST", "contacts", 409, person)
        self.do(
            "POST", "contacts", 400, {"name": "Hydrangea", "phone": "call 555-014-2858", "email": "bergamot"}
        )
        self.do("GET", "contacts?search=Quillfeather&tag=Hydrangea", 200)
        self.do("GET", "no-such-thing/Quillfeather?name=Zuleika", 404)
        return int(made["id"])

    def book(self, service: Service) -> str:
        """Book somebody new in; the booking's path."""
        booking = {
            "provider_id": service.provider_id,
            "service_id": service.pk,
            "scheduled_at": tomorrow(10).isoformat(),
        }
        booking |= {"client_name": "Marmalade Bergamot", "client_email": "marmalade@example.com"}
        booking |= {"client_phone": "+15550142858", "notes": "afraid of obsidian"}
        made = self.do("POST", "bookings", 201, booking, X_Request_ID="desk-booking-0042")
        self.do("POST", "bookings", 400, {**booking, "scheduled_at": "on the day of hydrangea"})
        return f"bookings/{made['id']}"

    def treat(self, booking: str) -> None:
        """Confirm the booking and complete it once it has begun, which uses stock up."""
        begun = (clock.now() - timedelta(minutes=5)).replace(second=0, microsecond=0)
        self.do("PATCH", booking, 200, {"scheduled_at": begun.isoformat()})
        for status in ("confirmed", "completed"):
            assert self.do("PATCH", booking, 200, {"status": status})["status"] == status

    def see_to_the_stock(self, item: Item) -> None:
        """The alert that the item is low stands on the dashboard until it is dismissed."""
        (low,) = self.do("GET", "inventory/low-stock", 200)["results"]
        assert (low["id"], low["quantity"]) == (item.pk, 2)
        (alert,) = self.do("GET", "alerts?kind=low_stock&status=active", 200)["results"]
        assert (alert["subject_type"], alert["subject_id"]) == ("inventory.item", item.pk)
        assert self.do("GET", "dashboard", 200)["active_alerts_by_kind"]["low_stock"] == 1
        dismissed = self.do("PATCH", f"alerts/{alert['id']}/dismiss", 200)
        assert dismissed["status"] == "dismissed"
        counted = self.do("GET", "dashboard", 200)
        assert (counted["low_stock"], counted["active_alerts_by_kind"].get("low_stock")) == (1, None)


def held(texts: list[str], words: tuple[str, ...]) -> list[str]:
    """Those of ``words`` that stand in one of the texts, in whatever case."""
    whole = "\n".join(texts).lower()
    return [word for word in words if word.lower() in whole]


def contents(table: type[models.Model]) -> list[str]:
    """Every row as text; what the queue packed, unpacked."""
    rows = [repr(row) for row in table._default_manager.values()]
    if table._meta.label == "django_q.OrmQ":
        packed = [row.payload.partition(":")[0] for row in OrmQ.objects.all()]
        rows += [base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("latin-1") for text in packed]
    return rows


def lines(started: Started) -> list[dict[str, Any]]:
    return [json.loads(line) for line in started.output().splitlines() if line.startswith("{")]


def open_house() -> tuple[User, Service, Item]:
    """Somebody at the desk, and a service that uses up an item, of which one more leaves it low."""
    call_command("sync_schedules", verbosity=0)
    make_user(Role.ADMIN)
    staff = make_user(Role.STAFF, email="thessaly@example.com", password=make_password(PASSWORD))
    service = make_service(make_provider(name="Dr. Obsidian"), name="Checkup")
    item = make_item(3, sku="GEL", low_stock_threshold=2)
    make_recipe(service, GEL=1)
    return staff, service, item


@pytest.mark.argon2
def test_a_walk_leaves_nothing_of_a_person_in_logs_queue_events_and_alerts(
    serve: Callable[..., Server],
    worker: Callable[..., Started],
    start_process: Callable[..., Started],
    sink: Sink,
) -> None:
    env = production(sink)
    staff, service, gel = open_house()
    web = serve(**env)
    desk = Desk(web.url)

    desk.sign_in(staff.email)
    contact_id = desk.know()
    waiting = contents(OrmQ)
    sink.fault = "5xx"
    working = worker(**env)
    eventually(lambda: Message.objects.filter(state="failed").exists(), "the welcome has failed", seconds=60)
    eventually(
        lambda: AccountMail.objects.filter(state="failed").exists(), "the reset has failed", seconds=60
    )
    sink.fault = ""
    desk.do("POST", "auth/password/reset", 202, {"email": staff.email})
    booking = desk.book(service)
    staff_says = {"channel": "email", "subject": "Hydrangea", "body": "Bring the marmalade."}
    desk.do("POST", "messages", 201, {"contact_id": contact_id, **staff_says})
    wait_until_delivered()
    eventually(lambda: AccountMail.objects.filter(state="sent").exists(), "the link has come", seconds=60)
    desk.treat(booking)
    desk.see_to_the_stock(gel)
    assert all(alert["todo"] for alert in desk.do("GET", "alerts", 200)["results"])
    time.sleep(1)  # the lines behind the last row
    doctor = start_process([sys.executable, "manage.py", "doctor"], **env)
    assert (doctor.process.wait(60), doctor.output().count("BROKEN")) == (0, 0), doctor.output()

    mails = [f"{mail['Subject']} {mail['To']} {mail.get_content()}" for mail in sink.accepted]
    links = re.findall(r"https?://\S+[?=/]([\w:-]{20,})", "\n".join(mails))
    assert len(links) >= 1
    secret = (*CANARIES, *links)
    assert held(mails, ("marmalade", "hydrangea")) == ["marmalade", "hydrangea"]
    assert held(contents(Contact), ("quillfeather", "xylophonist")) == ["quillfeather", "xylophonist"]

    assert held([web.started.output()], secret) == []
    assert held([working.output()], secret) == []
    assert waiting != []
    assert held(waiting, secret) == []
    assert {table.__name__: held(contents(table), secret) for table in KEPT} == {
        table.__name__: [] for table in KEPT
    }
    assert set(Alert.objects.values_list("kind", flat=True)) == {
        "message_failed", "account_mail_failed", "low_stock",
    }  # fmt: skip

    of_booking = [line for line in lines(web.started) if line.get("request_id") == "desk-booking-0042"]
    assert [(line["event"], line["route"], line["status"]) for line in of_booking] == [
        ("request", "/api/bookings", 201)
    ]
    sent = [line for line in lines(working) if line.get("request_id") == "desk-booking-0042"]
    assert [(line["event"], line["outcome"], line["task"]) for line in sent] == [
        ("outbox.attempt", "sent", "messaging.tasks.deliver_messages")
    ] * 2
