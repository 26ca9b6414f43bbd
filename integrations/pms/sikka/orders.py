"""Our orders as Sikka takes them. Pure.

Every value is a string, only some special characters may stand in a text, and a description takes none.
"""

import re

from integrations.pms.enums import Operation
from integrations.pms.errors import Refused
from integrations.pms.sikka.mapping import digits
from integrations.pms.system import Order, Wired

REFUSED_IN_TEXT = re.compile(r"[<>{}\[\]\\^~`|%+=#?:;\"&*$!@\x00-\x1f\x7f]")
REFUSED_IN_DESCRIPTION = re.compile(r"[^\w .,-]")
REFUSED_IN_PATH = re.compile(r"[:#?/\\%+=\s]")
LONGEST = 100


def wired(order: Order) -> Wired:
    """The order as Sikka takes it. Raises Refused when a value cannot be sent."""
    match order.operation:
        case Operation.BOOK_APPOINTMENT:
            return Wired("POST", "/appointment", _booking(order))
        case Operation.RESCHEDULE_APPOINTMENT:
            return Wired("PUT", f"/appointments/{_target(order)}", _time(order))
        case Operation.CHANGE_APPOINTMENT_STATUS:
            body = {"op": "replace", "path": "/appointment_status", "value": order.status}
            return Wired(
                "PATCH", f"/appointments/{_target(order)}", {**body, "practice_id": order.practice_id}
            )
        case Operation.CREATE_PATIENT:
            return Wired("POST", "/patient", {**_person(order), "provider_id": order.provider_id})
    return Wired("PATCH", f"/patient/{_target(order)}", _person(order))


def _booking(order: Order) -> dict[str, str]:
    return {
        "patient_id": order.patient_id,
        "provider_id": order.provider_id,
        "practice_id": order.practice_id,
        "operatory": order.operatory,
        "date": order.day.isoformat() if order.day else "",
        "time": f"{order.at:%H:%M}" if order.at else "",
        "length": str(order.minutes),
        "description": description(order.description),
        "note": f"Ref {order.reference}",
    }


def _time(order: Order) -> dict[str, str]:
    body = {
        "practice_id": order.practice_id,
        "provider_id": order.provider_id,
        "date": order.day.isoformat() if order.day else "",
        "time": f"{order.at:%H:%M}" if order.at else "",
        "length": str(order.minutes) if order.minutes else "",
        "operatory": order.operatory,
    }
    return {name: value for name, value in body.items() if value}


def _person(order: Order) -> dict[str, str]:
    who = order.person
    body = {
        "firstname": plain(who.first_name),
        "lastname": plain(who.last_name),
        "email": who.email,
        "cell": digits(who.phone),
        "practice_id": order.practice_id,
    }
    return {name: value for name, value in body.items() if value}


def _target(order: Order) -> str:
    if not order.target_id or REFUSED_IN_PATH.search(order.target_id):
        raise Refused("bad_target")
    return order.target_id


def plain(given: str) -> str:
    """A text with only such characters as a write takes."""
    return " ".join(REFUSED_IN_TEXT.sub(" ", given).split())[:LONGEST]


def description(given: str) -> str:
    """A description takes no special character at all, and may not be empty."""
    return " ".join(REFUSED_IN_DESCRIPTION.sub(" ", given).split())[:LONGEST] or "Appointment"
