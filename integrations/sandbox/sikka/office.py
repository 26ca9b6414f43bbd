"""One practice as Sikka knows it: the rows in the practice's own system and the copy that lists are read from."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

Row = dict[str, str]

APPOINTMENT_FIELDS = (
    "href", "patient_href", "provider_href", "practice_href", "guarantor_href", "appointment_sr_no", "patient_id",
    "guarantor_id", "provider_id", "practice_id", "date", "time", "length", "status", "type", "description", "note",
    "appointment_made_date", "amount", "procedure_code1", "procedure_code1_amount", "procedure_code1_time",
    "procedure_code2", "procedure_code3", "patient_name", "guarantor_name", "surface_quadrant_type", "surface_quadrant",
)  # fmt: skip
APPOINTMENT_MORE = (
    "operatory", "last_changed_date", "confirmed_on_date", "cancelled", "cancelled_date", "cust_id", "is_confirmed",
    "arrival_status", "rowhash",
)  # fmt: skip
PATIENT_FIELDS = (
    "href", "patient_id", "guarantor_id", "firstname", "middlename", "lastname", "preferred_name", "salutation",
    "birthdate", "status", "address_line1", "address_line2", "city", "state", "zipcode", "cell", "email", "first_visit",
    "last_visit", "provider_id", "practice_id", "guarantor_first_name", "guarantor_last_name", "created_date",
    "preferred_contact", "preferred_communication_method",
)  # fmt: skip
PATIENT_MORE = ("homephone", "workphone", "gender", "patient_note", "cust_id", "rowhash", "chart_number")
GONE = ("broken", "cancelled", "canceled", "deleted")


@dataclass
class Office:
    """``rows`` is what the practice's server holds, ``copy`` what a list answers since the last refresh."""

    office_id: str
    secret_key: str
    name: str
    system: str = "OpenDental"
    zone: str = "Eastern Standard Time"
    practice_id: str = "1"
    statuses: tuple[str, ...] = ("Scheduled", "Confirmed", "Complete", "Broken", "Cancelled")
    rows: dict[str, dict[str, Row]] = field(
        default_factory=lambda: {"appointments": {}, "patients": {}, "providers": {}, "operatories": {}}
    )
    copy: dict[str, dict[str, Row]] = field(default_factory=dict)
    copied_at: datetime | None = None
    loaded: dict[tuple[str, str], str] = field(default_factory=dict)
    next_id: int = 70001

    def refresh(self, now: datetime, every: timedelta) -> None:
        """Bring the copy up to date when it is old enough."""
        if self.copied_at is None or now - self.copied_at >= every:
            self.copy = deepcopy(self.rows)
            self.copied_at = now

    def put(self, kind: str, key: str, values: Mapping[str, Any], *, at: datetime) -> Row:
        """Add or change a row as somebody in the practice would."""
        row = self.rows[kind].setdefault(key, {})
        row.update({name: str(value) for name, value in values.items()})
        self.loaded[kind, key] = f"{at:%Y-%m-%dT%H:%M:%S}"
        if kind == "appointments":
            row["last_changed_date"] = f"{at:%Y-%m-%dT%H:%M:%S}"
        return row

    def add_appointment(self, *, at: datetime, **values: Any) -> str:
        """A new appointment of the practice's own; its number."""
        key = str(self.next_id)
        self.next_id += 1
        values["date"] = f"{str(values['date'])[:10]}T00:00:00"
        patient = self.rows["patients"].get(str(values.get("patient_id", "")), {})
        name = f"{patient.get('firstname', '')} {patient.get('lastname', '')}".strip()
        known = {
            "appointment_sr_no": key,
            "practice_id": self.practice_id,
            "status": self.statuses[0],
            "appointment_made_date": f"{at:%Y-%m-%d}T00:00:00",
            "amount": "0.0000",
            "patient_name": name,
        }
        self.put("appointments", key, {**known, **values}, at=at)
        return key

    def add_patient(self, *, at: datetime, **values: Any) -> str:
        """A new patient of the practice's own; their number."""
        key = str(self.next_id)
        self.next_id += 1
        known = {"patient_id": key, "practice_id": self.practice_id, "status": "Active", "guarantor_id": key}
        self.put("patients", key, {**known, "created_date": f"{at:%Y-%m-%d}T00:00:00", **values}, at=at)
        return key

    def takes(self, *, key: str, values: Mapping[str, str]) -> str:
        """Who holds the time that an appointment wants: the number of another one, '' when it is free."""
        start = _minutes(values.get("time", ""))
        end = start + int(values.get("length") or 0)
        for other, row in self.rows["appointments"].items():
            same = other != key and row.get("date", "")[:10] == values.get("date", "")[:10]
            if not same or row.get("provider_id") != values.get("provider_id"):
                continue
            if row.get("operatory", "") != values.get("operatory", ""):
                continue
            begins = _minutes(row.get("time", ""))
            if (
                row.get("status", "").lower() not in GONE
                and start < begins + int(row.get("length") or 0)
                and begins < end
            ):
                return other
        return ""


def shown(row: Mapping[str, str], names: Iterable[str]) -> Row:
    """The row with exactly these fields; what is missing is an empty string."""
    return {name: row.get(name, "") for name in names}


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours or 0) * 60 + int(minutes or 0)
