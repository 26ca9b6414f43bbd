"""The practice's own hand on its rows, and a reading of them."""

import time
from datetime import datetime, timedelta
from typing import Any

from bookings.models import Booking
from careops.core import clock
from integrations.pms.models import AppointmentLink, PmsConflict, SyncState
from integrations.pms.sync import run
from integrations.sandbox.sikka import OFFICE
from integrations.sandbox.sikka.office import Office
from tests.integrations.pms.desk import Desk

ADA = {"firstname": "Ada", "lastname": "Example", "email": "ada@example.com", "cell": "212-555-0101"}


class Practice:
    """What somebody at the practice does, as the next reading finds it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    @property
    def office(self) -> Office:
        return self.desk.sikka.offices[OFFICE]

    def patient(self, **values: Any) -> str:
        return self.office.add_patient(at=clock.now(), **{**ADA, **values})

    def appointment(self, patient: str, at: datetime, **values: Any) -> str:
        known = {"provider_id": "DOC1", "operatory": "OP1", "length": "30", "description": "Check-up"}
        return self.office.add_appointment(
            at=clock.now(), **{**known, **self.wall(at), "patient_id": patient, **values}
        )

    def wall(self, at: datetime) -> dict[str, str]:
        local = at.astimezone(self.desk.integration_zone)
        return {"date": f"{local:%Y-%m-%d}T00:00:00", "time": f"{local:%H:%M}"}

    def change(self, number: str, at: datetime | None = None, **values: Any) -> None:
        wall = self.wall(at) if at else {}
        self.office.put("appointments", number, {**wall, **values}, at=clock.now())

    def change_patient(self, number: str, **values: Any) -> None:
        self.office.put("patients", number, values, at=clock.now())

    def delete(self, number: str) -> None:
        del self.office.rows["appointments"][number]

    def sync(self, *, full: bool = False, **how: Any) -> bool:
        """Read the practice now, all of it when ``full``."""
        if full:
            run.ask_for(self.desk.integration)
        return run.run(self.desk.integration.pk, stop=time.monotonic() + 30, **how)

    def sync_later(self, **how: Any) -> bool:
        self.desk.time.shift(timedelta(minutes=10))
        return self.sync(**how)

    def sync_twice(self) -> bool:
        """Two whole readings some minutes apart: the second confirms what the first has missed."""
        return self.sync_later(full=True) and self.sync_later(full=True)


def bookings() -> list[tuple[str, datetime, int, str]]:
    """Every booking: who, when, how long, how it stands."""
    rows = Booking.objects.order_by("pk")
    return list(rows.values_list("contact__name", "scheduled_at", "duration_minutes", "status"))


def booking_of(number: str) -> Booking:
    return AppointmentLink.objects.get(remote_id=number).booking


def conflicts() -> list[tuple[str, str, str, str, str]]:
    """Those that are open: what, where, ours, theirs, why."""
    rows = PmsConflict.objects.open().order_by("pk")
    return [(row.kind, row.field, row.ours, row.theirs, row.reason) for row in rows]


def state() -> SyncState:
    return SyncState.objects.get()
