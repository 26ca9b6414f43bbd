"""What the twin's lists hold: which rows of a practice's copy a query asks for, and which of their fields."""

from collections.abc import Mapping
from datetime import datetime

from integrations.sandbox.sikka.answers import Refusal
from integrations.sandbox.sikka.office import (
    APPOINTMENT_FIELDS,
    APPOINTMENT_MORE,
    PATIENT_FIELDS,
    PATIENT_MORE,
    Office,
    Row,
    shown,
)

FIELDS = {
    "appointments": (APPOINTMENT_FIELDS, APPOINTMENT_MORE),
    "patients": (PATIENT_FIELDS, PATIENT_MORE),
}
EXACT = (
    "appointment_sr_no", "practice_id", "patient_id", "provider_id", "status", "operatory", "firstname", "lastname",
    "email", "cell", "cust_id",
)  # fmt: skip
DATE_FILTERS = ("date", "last_changed_date", "appointment_made_date", "confirmed_on_date", "cancelled_date")


def practice_row(office: Office, now: datetime, *, url: str) -> Row:
    """A practice as ``GET /authorized_practices`` tells of it."""
    copied = office.copied_at or now
    return {
        "href": f"{url}/authorized_practices/{office.office_id}",
        "office_id": office.office_id,
        "practice_id": office.practice_id,
        "secret_key": office.secret_key,
        "practice_name": office.name,
        "address": "1 Quay Street", "city": "Harbour", "state": "NY", "zip": "10000", "domain": "Dental",
        "practice_management_system": office.system,
        "practice_management_system_version": "V1",
        "practice_management_system_refresh_date_time_zone": office.zone,
        "data_insert_date": f"{copied:%Y-%m-%dT%H:%M:%S}",
    }  # fmt: skip


def rows_for(office: Office, word: str, query: Mapping[str, str]) -> list[Row]:
    """The rows of ``GET /<word>``. Raises Refusal."""
    if word == "appointment_statuses":
        return [{"status": name, "practice_id": office.practice_id} for name in office.statuses]
    if word == "operatories" and not query.get("cust_id"):
        raise Refusal(400, "API1020", "Missing parameter: cust_id.")
    rows = [row for key, row in office.copy[word].items() if _matches(office, word, key, row, query)]
    if word not in FIELDS:
        return rows
    usual, more = FIELDS[word]
    asked = query.get("fields", "")
    names = (*usual, *more) if asked == "get_all" else (*usual, *filter(None, asked.split(",")))
    return [shown(row, names) for row in rows]


def _matches(office: Office, word: str, key: str, row: Row, query: Mapping[str, str]) -> bool:
    if any(name in query and row.get(name, "") != query[name] for name in EXACT):
        return False
    loaded = office.loaded.get((word, key), "")
    if not query.get("loaded_startdate", "") <= loaded <= (query.get("loaded_enddate") or "~"):
        return False
    field = query.get("date_filter_on", "date")
    if field not in DATE_FILTERS:
        raise Refusal(400, "API1026", "Missing or invalid parameter: date_filter_on.")
    day = row.get(field, "")[:10]
    return word != "appointments" or query.get("startdate", "") <= day <= (query.get("enddate") or "~")
