"""What the twin of Sikka knows after a restart: the practice that it was, with no number and no key given twice."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from careops.core import http
from careops.twins import SIKKA_APP_ID, SIKKA_APP_KEY
from integrations.pms.enums import Operation
from integrations.pms.sikka.client import SikkaClient
from integrations.pms.sikka.system import SikkaSystem
from integrations.pms.system import Progress
from integrations.sandbox.server import Sandbox
from integrations.sandbox.sikka import OFFICE, SECRET
from integrations.sandbox.twins import twins
from tests.integrations.pms.orders import order

BOOK = Operation.BOOK_APPOINTMENT


def system_at(sandbox: Sandbox) -> SikkaSystem:
    return SikkaSystem(SikkaClient(f"{sandbox.url('sikka')}/v4", SIKKA_APP_ID, SIKKA_APP_KEY))


def hand(sandbox: Sandbox, method: str, path: str, **given: Any) -> http.Answer:
    return http.request(method, f"{sandbox.url('_control/sikka')}/{path}", json=given, allow_private=True)


def ids(sandbox: Sandbox) -> list[str]:
    return [row["appointment_sr_no"] for row in hand(sandbox, "GET", "rows/appointments").json()]


def book(system: SikkaSystem, key: str, patient: str) -> str:
    return system.submit(key, system.wired(order(BOOK, patient_id=patient)))


def test_with_a_file_the_practice_outlives_its_process(tmp_path: Path, settings: Any) -> None:
    settings.ALLOW_PRIVATE_UPSTREAMS = ["127.0.0.1"]
    now = datetime.now(UTC)
    with Sandbox(twins(tmp_path)) as first:
        system = system_at(first)
        grant = system.grant(office_id=OFFICE, secret_key=SECRET)
        demo = ids(first)
        hand(first, "PATCH", f"rows/appointments/{demo[0]}", time="11:00")
        hand(first, "DELETE", f"rows/appointments/{demo[1]}")
        mine = hand(first, "POST", "rows/patients", firstname="Ada", lastname="Example").json()["patient_id"]
        asked = book(system, grant.request_key, mine)
        patients = hand(first, "GET", "rows/patients").json()
    with Sandbox(twins(tmp_path)) as second:
        system = system_at(second)
        assert ids(second) == [demo[0], demo[2]]
        assert hand(second, "GET", "rows/patients").json() == patients
        assert {one.office_id: one.time_zone for one in system.practices()} == {
            "D70001": "America/New_York", "D70002": "America/Chicago",
        }  # fmt: skip
        hand(second, "POST", "clock", advance=60)
        outcome = system.outcome(grant.request_key, asked, submitted_at=now)
        assert (outcome.progress, outcome.created_id) == (Progress.DONE, str(int(mine) + 1))
        assert next(system.appointments(grant.request_key)).starts.hour == 11  # type: ignore[union-attr]
        assert book(system, grant.request_key, mine) != asked
        renewed = system.refresh(refresh_key=grant.refresh_key)
        assert renewed.request_key not in {grant.request_key, grant.refresh_key}
        hand(second, "POST", "start-over")
    with Sandbox(twins(tmp_path)) as third:
        assert ids(third) == []
