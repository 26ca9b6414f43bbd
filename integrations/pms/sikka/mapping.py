"""Their rows and ours. Pure: text in, values out, nothing is asked.

Everything they send is a string, "" stands for nothing, and so does the date 1111-11-11. What arrives as a number or
null is read too. Raises BadAnswer for a value that is neither.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from integrations.pms.errors import BadAnswer
from integrations.pms.sikka.zones import iana
from integrations.pms.system import (
    Grant,
    KeyInfo,
    Named,
    Outcome,
    Practice,
    Progress,
    RemoteAppointment,
    RemotePatient,
    Wired,
)

Row = Mapping[str, Any]
Value = TypeVar("Value")

NO_DATE = "1111-11-11"
APPOINTMENT_ID, PATIENT_ID = "appointment_sr_no", "patient_id"
# Sikka sends these with every row, "" where a value is missing. A row without one of them is of another form.
OF_APPOINTMENTS = (APPOINTMENT_ID, "patient_id", "provider_id", "date", "time", "length", "status")
OF_PATIENTS = (PATIENT_ID, "firstname", "lastname", "email", "cell")
CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::\d\d(?:\.\d+)?)?(?:\s*([ap])\.?m\.?)?", re.IGNORECASE)
# A day outside stands for none, as 0001-01-01 and 9999-12-31 do.
YEARS = range(1800, 2300)
# What a rejection says, in lower case, and the code that we give it.
REJECTIONS = (
    ("already scheduled", "slot_taken"),
    ("patient not found", "patient_not_found"),
    ("provider not found", "provider_not_found"),
    ("appointment not found", "appointment_not_found"),
    ("not supported", "not_supported"),
)


def text(row: Row, name: str) -> str:
    """The value of a member as text; '' when it is missing, null or empty."""
    value = row.get(name)
    if value is None:
        return ""
    if isinstance(value, str | int | float):
        return str(value).strip()
    raise BadAnswer


def readable(row: Row, name: str) -> str:
    """The value of a member as text; '' also where it cannot be read."""
    try:
        return text(row, name)
    except BadAnswer:
        return ""


def _refuse_unless(row: Row, columns: Iterable[str]) -> None:
    if any(name not in row for name in columns) or not text(row, next(iter(columns))):
        raise BadAnswer("columns_missing")


def number(given: str) -> int | None:
    """The integer at the beginning of a text: "86400 second(s)" is 86400."""
    found = re.match(r"\d{1,12}", given)
    return int(found[0]) if found else None


def flag(given: str) -> bool:
    return given.lower() == "true"


def day(given: str) -> date | None:
    """The day of "2026-02-03T00:00:00"; None for nothing. Raises BadAnswer."""
    if not given or given.startswith(NO_DATE):
        return None
    try:
        found = date.fromisoformat(given[:10])
    except ValueError:
        raise BadAnswer from None
    return found if found.year in YEARS else None


def clock(given: str) -> time | None:
    """The time of "17:00", "5:00 PM" or "2026-02-03T17:00:00"; None for nothing. Raises BadAnswer."""
    if not given:
        return None
    found = CLOCK.fullmatch(given.strip())
    try:
        if found is None:
            return datetime.fromisoformat(given.replace(" ", "T")).time()
        hour, half = int(found[1]), (found[3] or "").lower()
        if half and not 1 <= hour <= 12:
            raise BadAnswer
        return time(hour % 12 + 12 * (half == "p") if half else hour, int(found[2]))
    except ValueError:
        raise BadAnswer from None


def moment(given: str) -> datetime | None:
    """A date and time, with a space or a T between them; None for nothing. Raises BadAnswer."""
    if not given or given.startswith(NO_DATE):
        return None
    try:
        return datetime.fromisoformat(given.replace(" ", "T")).replace(tzinfo=None)
    except ValueError:
        raise BadAnswer from None


def perhaps(read: Callable[[str], Value | None], given: str) -> Value | None:
    """A value on which nothing hangs: None too where it cannot be read, so that it keeps no row from us."""
    try:
        return read(given)
    except BadAnswer:
        return None


def practice(row: Row) -> Practice:
    return Practice(
        office_id=text(row, "office_id"),
        practice_id=text(row, "practice_id"),
        name=text(row, "practice_name"),
        system=text(row, "practice_management_system"),
        time_zone=iana(text(row, "practice_management_system_refresh_date_time_zone")),
        secret_key=text(row, "secret_key"),
    )


def grant(row: Row) -> Grant:
    """A running key. Raises BadAnswer when it or its life is missing."""
    found = Grant(
        request_key=text(row, "request_key"),
        refresh_key=text(row, "refresh_key"),
        seconds=number(text(row, "expires_in")) or 0,
        office_id=text(row, "issued_to"),
    )
    if not found.request_key or not found.seconds:
        raise BadAnswer
    return found


def key_info(row: Row) -> KeyInfo:
    if "status" not in row:
        raise BadAnswer
    return KeyInfo(
        status=text(row, "status").lower(),
        seconds=number(text(row, "expires_in")) or 0,
        request_count=number(text(row, "request_count")),
    )


def provider(row: Row) -> Named:
    name = f"{text(row, 'firstname')} {text(row, 'lastname')}".strip()
    return Named(text(row, "provider_id"), name, text(row, "status").lower() != "inactive")


def operatory(row: Row) -> Named:
    """The name is the abbreviation, which is not what a booking takes."""
    return Named(text(row, "operatory"), text(row, "abbreviation"), text(row, "is_hidden").upper() != "T")


def patient(row: Row) -> RemotePatient:
    """Raises BadAnswer also for a row without one of ``OF_PATIENTS``."""
    _refuse_unless(row, OF_PATIENTS)
    phones = (text(row, name) for name in ("cell", "homephone", "workphone"))
    return RemotePatient(
        patient_id=text(row, "patient_id"),
        first_name=text(row, "firstname"),
        last_name=text(row, "lastname"),
        email=text(row, "email").lower(),
        phones=tuple(phone for phone in map(dialled, phones) if phone),
        birthdate=perhaps(day, text(row, "birthdate")),
        is_active=text(row, "status").lower() != "inactive",
    )


def dialled(phone: str) -> str:
    """A phone number without marks; a leading + stays, because it says that the country code follows."""
    found = re.sub(r"\D", "", phone)
    return f"+{found}" if found and phone.startswith("+") else digits(phone)


def digits(phone: str) -> str:
    """A phone number without marks and without the 1 that leads a North American one."""
    found = re.sub(r"\D", "", phone)
    return found[1:] if len(found) == 11 and found.startswith("1") else found


def appointment(row: Row) -> RemoteAppointment:
    """Raises BadAnswer also for a row without one of ``OF_APPOINTMENTS``."""
    _refuse_unless(row, OF_APPOINTMENTS)
    on, at = day(text(row, "date")), clock(text(row, "time"))
    return RemoteAppointment(
        appointment_id=text(row, APPOINTMENT_ID),
        patient_id=text(row, "patient_id"),
        provider_id=text(row, "provider_id"),
        operatory=text(row, "operatory"),
        starts=datetime.combine(on, at) if on and at is not None else None,
        minutes=number(text(row, "length")) or 0,
        status=text(row, "status"),
        description=text(row, "description"),
        note=text(row, "note"),
        changed_at=perhaps(moment, text(row, "last_changed_date")),
    )


def accepted_id(row: Row) -> str:
    """The id of an accepted write: in ``long_message``, else in the address, else as ``id``. Raises BadAnswer."""
    for member, pattern in (("long_message", r"\bid\s*:\s*(\d+)"), ("more_information", r"[?&]id=(\d+)")):
        if found := re.search(pattern, text(row, member), re.IGNORECASE):
            return found[1]
    if re.fullmatch(r"\d+", text(row, "id")):
        return text(row, "id")
    raise BadAnswer


def status_outcome(row: Row) -> Outcome:
    """How a row of ``/writeback_status`` says that a write stands."""
    status = text(row, "status").lower()
    wrong = flag(text(row, "has_error"))
    if not wrong and status != "success" and not flag(text(row, "is_completed")):
        return Outcome(Progress.WAITING)
    said = text(row, "result")
    if wrong or status != "success":
        return Outcome(Progress.REJECTED, code=rejection(said), text=said)
    return Outcome(Progress.DONE, created_id=text(row, "created_id") or text(row, _own_id(row)))


def _own_id(row: Row) -> str:
    """Where else the id of what was made stands: the patient's id beside an appointment is whose it is."""
    return "patient_id" if text(row, "api").lower() == "patient" else "appointment_sr_no"


def command_outcome(row: Row) -> Outcome:
    """How a row of ``/writebacks`` says that a write stands. It does not tell the id of what was made."""
    match text(row, "result").lower():
        case "completed" | "success":
            return Outcome(Progress.DONE)
        case "failed" | "error":
            said = text(row, "description")
            return Outcome(Progress.REJECTED, code=rejection(said), text=said)
    return Outcome(Progress.WAITING)


def command_progress(row: Row) -> Progress | None:
    """How far a row of ``/writebacks`` says that a write is; None where its words leave that open."""
    if (found := command_outcome(row).progress) is not Progress.WAITING:
        return found
    return Progress.WAITING if text(row, "result").lower() == "pending" else None


def rejection(said: str) -> str:
    """The code for the reason of a rejection."""
    return next((code for words, code in REJECTIONS if words in said.lower()), "rejected")


def is_command_for(row: Row, wired: Wired, *, office_id: str) -> bool:
    """Whether a row of ``/writebacks`` is this very order: its method, and every value that we sent."""
    if text(row, "method").upper() != wired.method or text(row, "office_id") not in {office_id, ""}:
        return False
    sent = dict(parse_qsl(text(row, "api_request_body"), keep_blank_values=True))
    return all(sent.get(name, "") == value for name, value in wired.body.items())


def rows_of(body: Any) -> tuple[list[Row], Row]:
    """The rows of a list and its paging. The envelope may be the one element of an array. Raises BadAnswer."""
    if isinstance(body, list) and len(body) == 1:
        body = body[0]
    if not isinstance(body, dict):
        raise BadAnswer
    items, paging = body.get("items"), body.get("pagination") or {}
    if not isinstance(items, list) or not isinstance(paging, dict) or not _all_objects(items):
        raise BadAnswer
    return items, {**paging, "total_count": body.get("total_count")}


def _all_objects(items: Iterable[Any]) -> bool:
    return all(isinstance(item, dict) for item in items)
