"""The hand of somebody who works at a practice: rows looked at, added, changed and deleted through the control API.

    GET     rows/appointments           PATCH   rows/appointments/70001  {"time": "11:00"}
    POST    rows/appointments  {…}      DELETE  rows/appointments/70001

``patients`` likewise. They are the first practice's; ``D70002/rows/…`` are those of the practice of that office id.
"""

from datetime import datetime
from typing import Any

from integrations.sandbox.sikka.office import Office
from integrations.sandbox.twin import Reply

KINDS = ("appointments", "patients")


def handled(office: Office, method: str, path: str, given: Any, now: datetime) -> Reply | None:
    """What the practice's own system holds after that; None when the path is no row's."""
    words = path.strip("/").split("/")
    if words[0] != "rows" or len(words) not in {2, 3} or words[1] not in KINDS:
        return None
    rows, kind = office.rows[words[1]], words[1]
    if len(words) == 2:
        if method == "POST":
            add = office.add_appointment if kind == "appointments" else office.add_patient
            return Reply(201, rows[add(at=now, **given)])
        return Reply(200, list(rows.values())) if method == "GET" else None
    if words[2] not in rows:
        return None
    if method == "PATCH":
        if "date" in given:
            given["date"] = f"{given['date'][:10]}T00:00:00"
        return Reply(200, office.put(kind, words[2], given, at=now))
    if method == "DELETE":
        del rows[words[2]]
        return Reply(204)
    return None
