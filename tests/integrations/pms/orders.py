"""Orders as the verbs make them, for tests that ask the client alone."""

from datetime import UTC, date, datetime, time
from typing import Any

from integrations.pms.enums import Operation
from integrations.pms.sikka.system import SikkaSystem
from integrations.pms.system import Order, Person
from integrations.sandbox.sikka import OFFICE, SECRET, SikkaTwin

ADA = Person("Ada", "Example", "ada@example.com", "+15550100001")
DAY = date(2027, 3, 8)


def key_for(system: SikkaSystem) -> str:
    return system.grant(office_id=OFFICE, secret_key=SECRET).request_key


def patient_in(twin: SikkaTwin, **fields: Any) -> str:
    """A patient that the practice has entered itself, seen by the next list."""
    known = {"firstname": "Ada", "lastname": "Example", "email": "ada@example.com", "cell": "555-010-0001"}
    number = twin.offices[OFFICE].add_patient(at=datetime.now(UTC), **{**known, **fields})
    twin.work()
    return number


def order(operation: Operation, **fields: Any) -> Order:
    """An appointment of Ada's with Dr Adams, or what is asked of it or of her."""
    known = {
        "reference": "CO5F2A9C01",
        "office_id": OFFICE,
        "practice_id": "1",
        "provider_id": "DOC1",
        "operatory": "OP1",
        "day": DAY,
        "at": time(10, 30),
        "minutes": 30,
        "description": "Check-up",
        "person": ADA,
    }
    return Order(operation=operation, **{**known, **fields})
