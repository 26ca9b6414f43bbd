"""What a practice and Sikka still know after a restart: rows, keys, writes on their way, and how far each count is.

Numbers and keys are never given twice, for whoever is linked to a number would change another's appointment.
"""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from integrations.sandbox.sikka.keys import Keys, RequestKey
from integrations.sandbox.sikka.office import Office
from integrations.sandbox.sikka.writebacks import Practices, Writeback

Kept = dict[str, Any]


def packed(offices: Mapping[str, Office], keys: Keys, practices: Practices) -> Kept:
    """All of it as plain values."""
    return {
        "offices": [_office(office) for office in offices.values()],
        "request_keys": [_owned(key) for key in keys.request_keys.values()],
        "refresh_keys": {key: office.office_id for key, office in keys.refresh_keys.items()},
        "writebacks": [_owned(one) for one in practices.writebacks.values()],
    }


def unpack(kept: Kept, offices: dict[str, Office], keys: Keys, practices: Practices) -> None:
    """Put what was kept in the place of what is there."""
    offices.clear()
    offices.update((given["office_id"], _to_office(given)) for given in kept["offices"])
    known = (_with_office(one, offices, "starts", "ends") for one in kept["request_keys"])
    keys.request_keys = {one["value"]: RequestKey(**one) for one in known}
    keys.refresh_keys = {key: offices[office_id] for key, office_id in kept["refresh_keys"].items()}
    asked = (_with_office(one, offices, "asked_at", "due_at", "completed_at") for one in kept["writebacks"])
    practices.writebacks = {one["id"]: Writeback(**one) for one in asked}


def _office(office: Office) -> Kept:
    loaded = [[*key, at] for key, at in office.loaded.items()]
    return {**asdict(office), "loaded": loaded}


def _to_office(given: Kept) -> Office:
    loaded = {(kind, key): at for kind, key, at in given["loaded"]}
    return Office(**{
        **_with_moments(given, "copied_at"), "loaded": loaded, "statuses": tuple(given["statuses"])
    })  # fmt: skip


def _owned(one: RequestKey | Writeback) -> Kept:
    """By its fields, its office by that one's id."""
    return {**{each.name: getattr(one, each.name) for each in fields(one)}, "office": one.office.office_id}


def _with_office(given: Kept, offices: Mapping[str, Office], *moments: str) -> Kept:
    return {**_with_moments(given, *moments), "office": offices[given["office"]]}


def _with_moments(given: Kept, *names: str) -> Kept:
    return {**given, **{name: datetime.fromisoformat(given[name]) for name in names if given[name]}}
