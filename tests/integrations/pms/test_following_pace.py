"""How soon an end over there is known here while many changes wait, and what that costs the practice in calls."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from careops.core import clock, http
from integrations.pms.models import PmsWriteback
from integrations.pms.sending import WRITEBACKS
from integrations.sandbox.sikka import OFFICE, SikkaTwin
from integrations.sandbox.twin import Call
from tests.integrations.pms.desk import Desk, alerts

OTHERS, TICK, MOST_CALLS, SOON = 200, 10, 200, 15
MINUTES = 6


@pytest.fixture
def direct(sikka: SikkaTwin, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Counter[int]:
    """The twin without a socket between, for there are many calls; how many came in each minute."""
    calls: Counter[int] = Counter()
    began = clock.now()

    def request(method: str, url: str, **asked: Any) -> http.Answer:
        calls[int((clock.now() - began).total_seconds() // 60)] += 1
        path = url.partition("/sikka")[2]
        reply = sikka.answer(Call(method, path, asked.get("params") or {}, asked.get("headers") or {}, b""))
        return http.Answer(reply.status, dict(reply.headers), reply.raw, 0.0)

    desk.book()
    desk.work(minutes=2)
    monkeypatch.setattr(http, "request", request)
    return calls


def wait_there(desk: Desk, sikka: SikkaTwin) -> None:
    """Changes that were handed over in the last quarter of an hour and are carried out in the order of their age."""
    model = PmsWriteback.objects.get(operation="book_appointment")
    office, now = sikka.offices[OFFICE], clock.now()
    rows = []
    for number in range(OTHERS + 1):
        at = now - timedelta(seconds=(OTHERS + 1 - number) * 4)
        one = sikka.practices.accept(
            office, method="PATCH", api="appointments", kind="appointment_status", target=model.created_id,
            body={"value": "Scheduled", "path": "/appointment_status", "practice_id": "1"}, now=at,
            seconds=(0, 0),
        )  # fmt: skip
        one.due_at = now + timedelta(days=1)
        rows.append(
            PmsWriteback(
                integration=desk.integration, operation="change_appointment_status", target_id=model.created_id,
                entity_type=model.entity_type, entity_id=model.entity_id, contact=model.contact,
                entity_version=number + 2, dedup_key=f"pace:{number}", reference=f"COPACE{number:04}",
                state="submitted", provider_ref=one.id, submitted_at=at, created_at=at,
                next_check_at=at + timedelta(seconds=TICK),
            )
        )  # fmt: skip
    PmsWriteback.objects.bulk_create(rows)


@pytest.mark.any_engine
@pytest.mark.parametrize("place", [0, OTHERS], ids=["the oldest", "the youngest"])
def test_an_end_is_known_soon_while_two_hundred_others_wait(
    sikka: SikkaTwin, desk: Desk, direct: Counter[int], place: int
) -> None:
    wait_there(desk, sikka)
    ours = PmsWriteback.objects.get(dedup_key=f"pace:{place}")
    due = clock.now() + timedelta(seconds=(MINUTES - 1) * 60 + 1)
    sikka.practices.writebacks[ours.provider_ref].due_at = due
    for _ in range(MINUTES * 60 // TICK):
        desk.time.shift(timedelta(seconds=TICK))
        WRITEBACKS.follow()
    ours.refresh_from_db()
    assert ours.state == "completed"
    assert ours.ended_at is not None
    assert ours.ended_at - due <= timedelta(seconds=SOON)
    assert max(direct.values()) <= MOST_CALLS
    assert PmsWriteback.objects.filter(state="submitted").count() == OTHERS
    assert alerts() == []
