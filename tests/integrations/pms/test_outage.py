"""An hour in which a practice's system is not there: the desk does not notice, one alert tells, nothing is lost."""

import socket
from typing import Any

import pytest

from integrations.pms.models import PmsWriteback
from integrations.pms.tasks import sync_practices
from integrations.sandbox.server import Sandbox
from integrations.sandbox.sikka import SikkaTwin
from messaging.services.contacts import update_contact
from tests.factories.accounts import client_with
from tests.factories.bookings import make_contact, tomorrow
from tests.integrations.pms.desk import Desk, alerts, states
from tests.integrations.pms.practice import Practice, conflicts


class Touched(BaseException):
    """A request has opened a connection."""


@pytest.fixture
def guard(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Inside ``with guard:`` nothing may connect to anywhere."""

    def refuse(*_args: Any, **_more: Any) -> None:
        raise Touched

    class Guard:
        def __enter__(self) -> None:
            self.patch = pytest.MonkeyPatch()
            self.patch.setattr(socket.socket, "connect", refuse)
            self.patch.setattr(socket.socket, "connect_ex", refuse)
            self.patch.setattr(socket, "getaddrinfo", refuse)

        def __exit__(self, *_error: object) -> None:
            self.patch.undo()

    return Guard()


def test_the_guard_sees_a_connection(guard: Any, sikka: SikkaTwin, desk: Desk) -> None:
    """The control: a route that asks the outside while the caller waits runs into it."""
    with guard, pytest.raises(Touched):
        client_with("admin").get(f"/api/pms/integrations/{desk.integration.pk}/practices")


def test_an_hour_without_the_practice(desk: Desk, sandbox: Sandbox, guard: Any) -> None:
    contact = make_contact(name="Ada Example")
    base = {"provider_id": desk.provider.pk, "contact_id": contact.pk}

    def ask(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        staff = client_with("staff")
        with guard:
            answer = getattr(staff, method)(f"/api/{path}", body, format="json")
        assert answer.status_code in {200, 201, 202}, answer.content
        return answer.json()

    with sandbox.refusing():
        made = [
            ask("post", "bookings", {**base, "scheduled_at": tomorrow(hour).isoformat()})
            for hour in (14, 16, 18)
        ]
        for minutes in (10, 25, 25):
            desk.work(minutes=minutes)
            sync_practices()
        ask("patch", f"bookings/{made[0]['id']}", {"scheduled_at": tomorrow(20).isoformat()})
        ask("post", f"bookings/{made[1]['id']}/cancel", {})
        ask("get", f"pms/integrations/{desk.integration.pk}/appointments")
        ask("post", f"pms/integrations/{desk.integration.pk}/sync")
        desk.work(minutes=5)
        assert [kind for kind, _ in alerts()] == ["pms_unreachable"]
        assert "failed" not in states()
    desk.later(hours=1)
    desk.work(minutes=10)

    assert alerts() == []
    assert {row.state for row in PmsWriteback.objects.all()} == {"completed", "cancelled"}
    order = [
        (entry.effect, entry.data["body"].get("time", ""))
        for entry in desk.sikka.ledger
        if "body" in entry.data
    ]
    walls = [Practice(desk).wall(tomorrow(hour))["time"] for hour in (18, 20)]
    assert order[0] == ("patient", "")
    assert sorted(order[1:]) == sorted(("appointment", wall) for wall in walls)
    update_contact(contact=contact, actor=None, notes="Still here")
    Practice(desk).sync_later(full=True)
    assert conflicts() == []
