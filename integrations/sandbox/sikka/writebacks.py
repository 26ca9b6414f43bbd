"""The write-backs of the twin: accepted at once, carried out later by a practice's slow server."""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from integrations.sandbox.sikka.answers import Refusal
from integrations.sandbox.sikka.office import Office

NEEDED = {
    "appointment": (
        "patient_id", "date", "time", "description", "provider_id", "length", "operatory", "practice_id",
    ),
    "patient": ("firstname", "lastname", "provider_id", "practice_id"),
    "appointment_status": ("value", "practice_id"),
    "appointment_time": ("practice_id", "provider_id"),
    "patient_change": ("practice_id",),
}  # fmt: skip
CHANGEABLE_TIME = ("date", "time", "length", "operatory", "status")
PATIENT_UPDATES = ("OrthoTrac", "Dolphin")
CONTACT_FIELDS = ("email", "cell", "homephone", "workphone", "other_phone")
PLAIN_TEXT = re.compile(r"[^<>{}\\^~`|]*\Z")


@dataclass
class Writeback:
    """One accepted write: what is asked, of whom, when it will be carried out and what came of it."""

    id: str
    office: Office
    method: str
    api: str
    kind: str
    target: str
    body: Mapping[str, Any]
    asked_at: datetime
    due_at: datetime
    completed_at: datetime | None = None
    error: str = ""
    created_id: str = ""


def check(kind: str, body: Any) -> None:
    """Refuse a write at the door. Raises Refusal."""
    if not isinstance(body, dict):
        raise Refusal(400, "API1020", "The body must be a JSON object.")
    if missing := [name for name in NEEDED[kind] if not str(body.get(name, "")).strip()]:
        raise Refusal(400, "API1020", f"Missing parameter: {missing[0]}.")
    if not all(isinstance(value, str) for value in body.values()):
        raise Refusal(400, "API1026", "Every parameter is a string.")
    if kind in {"appointment", "appointment_time"} and "date" in body:
        _check_time(body)
    if kind == "appointment" and not re.fullmatch(r"[\w .,-]*", body["description"]):
        raise Refusal(400, "API1026", "Invalid parameter: description.")
    if kind == "appointment_status" and body.get("path") != "/appointment_status":
        raise Refusal(400, "API1026", "Invalid parameter: path.")
    if kind == "appointment_time" and not any(name in body for name in CHANGEABLE_TIME):
        raise Refusal(400, "API1020", "Nothing to change.")
    if not all(PLAIN_TEXT.fullmatch(str(value)) for value in body.values()):
        raise Refusal(400, "API1026", "A character is not accepted.")


def _check_time(body: Mapping[str, str]) -> None:
    try:
        date.fromisoformat(body["date"])
    except ValueError:
        raise Refusal(400, "API1026", "Invalid parameter: date.") from None
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", body.get("time", "00:00")):
        raise Refusal(400, "API1026", "Invalid parameter: time.")
    if not body.get("length", "1").isdecimal():
        raise Refusal(400, "API1026", "Invalid parameter: length.")


class Practices:
    """The queue of write-backs and the practices' servers that work through it."""

    def __init__(self) -> None:
        self.writebacks: dict[str, Writeback] = {}
        self._chance = random.Random(20260105)  # noqa: S311

    def accept(
        self, office: Office, *, method: str, api: str, kind: str, target: str, body: Any, now: datetime,
        seconds: tuple[float, float],
    ) -> Writeback:  # fmt: skip
        """Take a write in; it is carried out some seconds later."""
        number = str(900001 + len(self.writebacks))
        before = [one.due_at for one in self.writebacks.values() if one.office is office]
        due = max([now + timedelta(seconds=self._chance.uniform(*seconds)), *before])
        self.writebacks[number] = Writeback(number, office, method, api, kind, target, dict(body), now, due)
        return self.writebacks[number]

    def work(self, now: datetime, *, failing: str = "") -> list[Writeback]:
        """Carry out what is due, in the order it was accepted; what was done."""
        done = []
        for one in self.writebacks.values():
            if one.completed_at is None and one.due_at <= now:
                one.error = failing or carry_out(one, now)
                one.completed_at = now
                done.append(one)
        return done


def carry_out(one: Writeback, now: datetime) -> str:
    """Do in the practice's system what was asked; '' or why it could not be done."""
    office, body = one.office, {key: str(value) for key, value in one.body.items()}
    match one.kind:
        case "appointment":
            if body["patient_id"] not in office.rows["patients"]:
                return "Patient not found"
            if body["provider_id"] not in office.rows["providers"]:
                return "Provider not found"
            if office.takes(key="", values=body):
                return "Appointment already scheduled at this time"
            kept = {key: body[key] for key in body if key not in {"practice_id", "check_spu"}}
            one.created_id = office.add_appointment(at=now, **kept)
        case "patient":
            if body["provider_id"] not in office.rows["providers"]:
                return "Provider not found"
            kept = {key: body[key] for key in body if key not in {"practice_id", "check_spu"}}
            one.created_id = office.add_patient(at=now, **kept)
        case "appointment_status" | "appointment_time":
            return _change_appointment(one, body, now)
        case "patient_change":
            return _change_patient(one, body, now)
    return ""


def _change_appointment(one: Writeback, body: Mapping[str, str], now: datetime) -> str:
    row = one.office.rows["appointments"].get(one.target)
    if row is None:
        return "Appointment not found"
    if one.kind == "appointment_status":
        if body["value"] not in one.office.statuses:
            return "Status not known"
        one.office.put("appointments", one.target, {"status": body["value"]}, at=now)
        return ""
    changed = {name: body[name] for name in CHANGEABLE_TIME if name in body}
    if "date" in changed:
        changed["date"] = f"{changed['date']}T00:00:00"
    changed["provider_id"] = body["provider_id"]
    if one.office.takes(key=one.target, values={**row, **changed}):
        return "Appointment already scheduled at this time"
    one.office.put("appointments", one.target, changed, at=now)
    return ""


def _change_patient(one: Writeback, body: Mapping[str, str], now: datetime) -> str:
    if one.office.system not in PATIENT_UPDATES:
        return "Not supported by this practice management system"
    if one.target not in one.office.rows["patients"]:
        return "Patient not found"
    changed = {name: value for name, value in body.items() if name != "practice_id"}
    if not changed.keys().isdisjoint(CONTACT_FIELDS):
        return "Contact fields cannot be changed"
    one.office.put("patients", one.target, changed, at=now)
    return ""


def as_status(one: Writeback, *, texts: Mapping[str, str]) -> dict[str, str]:
    """A row of ``GET /writeback_status``. ``texts`` are the words for yes, no, waiting and failed."""
    done = one.completed_at is not None
    yes, no = texts["yes"], texts["no"]
    status = "Pending" if not done else texts["failed"] if one.error else "Success"
    return {
        "id": one.id,
        "office_id": one.office.office_id,
        "practice_id": one.office.practice_id,
        "method": one.method,
        "api": one.api,
        "payload_body": str(dict(one.body)),
        "appointment_sr_no": one.created_id
        if one.kind == "appointment" and texts["id_in"] != "created_id"
        else "",
        "patient_id": one.created_id if one.kind == "patient" and texts["id_in"] != "created_id" else "",
        "created_id": one.created_id if texts["id_in"] == "created_id" else "",
        "request_time": f"{one.asked_at:%Y-%m-%d %H:%M:%S}",
        "is_completed": yes if done else texts["waiting"],
        "has_error": "" if not done else yes if one.error else no,
        "completed_time": f"{one.completed_at:%Y-%m-%d %H:%M:%S}" if one.completed_at else "",
        "status": status,
        "result": one.error or ("Record saved" if done else ""),
    }


def as_command(one: Writeback, *, url: str) -> dict[str, str]:
    """A row of ``GET /writebacks``."""
    state = "pending" if one.completed_at is None else "failed" if one.error else "completed"
    took = (one.completed_at - one.asked_at).total_seconds() if one.completed_at else 0
    return {
        "href": f"{url}/writebacks?id={one.id}",
        "description": one.error,
        "id": one.id,
        "result": state,
        "office_id": one.office.office_id,
        "method": one.method,
        "completed_time": f"{one.completed_at:%Y-%m-%dT%H:%M:%S}" if one.completed_at else "",
        "api_name": one.api,
        "api_request_body": urlencode({**one.body, "request_key": "********"}),
        "command_time": f"{one.asked_at:%Y-%m-%dT%H:%M:%S}",
        "duration_in_second": str(int(took)) if one.completed_at else "",
    }
