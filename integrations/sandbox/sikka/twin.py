"""The twin of Sikka's ONE API (v4), as far as CareOps uses it.

Where what is published about it disagrees or is silent, a switch chooses the form; docs/integrations/sikka.md lists
them. The base address is ``/sikka/v4``.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from integrations.sandbox.sikka.answers import Refusal, page_of, said
from integrations.sandbox.sikka.hand import handled
from integrations.sandbox.sikka.kept import packed, unpack
from integrations.sandbox.sikka.keys import Keys
from integrations.sandbox.sikka.lists import practice_row, rows_for
from integrations.sandbox.sikka.office import Office, Row
from integrations.sandbox.sikka.writebacks import (
    PATIENT_UPDATES,
    Practices,
    as_command,
    as_status,
    check,
)
from integrations.sandbox.twin import Call, Reply, Twin

OFFICE, SECRET = "D70001", "SANDBOXSECRET0000001"
URL = "http://sandbox.example.com/v4"  # what its links say; a client may not follow them to another host
WRITES = {
    ("POST", "appointment", False): ("appointment", "appointment"),
    ("POST", "patient", False): ("patient", "patient"),
    ("PATCH", "appointments", True): ("appointment_status", "appointments"),
    ("PUT", "appointments", True): ("appointment_time", "appointments"),
    ("PATCH", "patient", True): ("patient_change", "patient"),
}


class SikkaTwin(Twin):
    SWITCHES: ClassVar[Mapping[str, Any]] = {
        "array_envelope": False,  # lists come as a one-element array
        "empty_list": "204",  # or "envelope"
        "key_seconds": 86_400,  # how long a request key lives
        "expires_in": "text",  # "86400 second(s)", or "digits", or "number"
        "rotate_refresh_key": False,  # a refresh gives a new refresh key and ends the old one
        "running_key_again": False,  # a grant hands a running key out again
        "expired_as": "API1025",  # 400 with this code, or "401" without a code of its own
        "bad_key_status": 401,  # how a wrong secret or refresh key is refused: 401 or 400
        "bad_key_code": "",  # the error code of that refusal; empty: the usual one of the status
        "write_answer": "long_message",  # where the id of a write stands: also "url" or "id"
        "created_id_in": "created_id",  # or "own": appointment_sr_no and patient_id
        "yes": "True",
        "waiting": "",  # is_completed of a write that waits; also "False"
        "failed_status": "Failed",
        "html_content_type": True,  # PATCH and PUT answer JSON as text/html
        "writeback_seconds": [15, 60],
        "speed": 1.0,  # how much quicker than life the practice's server is
        "failing": "",  # the text with which every due write-back fails
        "spu_online": True,  # the practice's server works through its queue
        "refresh_seconds": 0,  # how old the copy may be that lists are read from
        "writes_in_plan": True,
        "status_in_plan": True,  # GET /writeback_status
        "commands_in_plan": True,  # GET /writebacks
        "rate_limit": 250,
        "practice_as_object": False,  # /authorized_practices/{office_id} answers the bare object
    }

    def fill(self) -> None:
        self.offices = {OFFICE: Office(OFFICE, SECRET, "Harbour Dental")}
        self.keys = Keys(self.offices)
        self.practices = Practices()
        self.windows: dict[str, tuple[datetime, int]] = {}
        office = self.offices[OFFICE]
        for number, name in (("DOC1", "Adams"), ("DOC2", "Baker"), ("HYG1", "Clark")):
            values = {"provider_id": number, "firstname": "Alex", "lastname": name, "status": "Active"}
            office.put("providers", number, {**values, "practice_id": "1"}, at=self.now())
        for number in ("OP1", "OP2", "OP3"):
            values = {"operatory": number, "abbreviation": number[-1], "is_hidden": "F", "cust_id": "1"}
            office.put("operatories", number, {**values, "practice_id": "1"}, at=self.now())

    def packed(self) -> Any:
        return packed(self.offices, self.keys, self.practices)

    def unpack(self, kept: Any) -> None:
        unpack(kept, self.offices, self.keys, self.practices)

    def add_office(self, office_id: str, secret_key: str, **fields: Any) -> Office:
        """One more practice, with the providers and operatories of the first."""
        office = Office(office_id, secret_key, fields.pop("name", f"Practice {office_id}"), **fields)
        first = self.offices[OFFICE]
        office.rows["providers"] = dict(first.rows["providers"])
        office.rows["operatories"] = dict(first.rows["operatories"])
        self.offices[office_id] = office
        return office

    def work(self) -> None:
        """Let the practices' servers do what is due, and bring the lists up to date."""
        now = self.now()
        if self.switches["spu_online"]:
            for one in self.practices.work(now, failing=self.switches["failing"]):
                outcome = "rejected" if one.error else "applied"
                self.record(outcome, id=one.id, kind=one.kind, created=one.created_id, target=one.target)
        for office in self.offices.values():
            office.refresh(now, timedelta(seconds=self.switches["refresh_seconds"]))

    def steered(self, method: str, path: str, given: Any) -> Reply | None:
        self.work()
        self.changed |= method != "GET"
        if (method, path) == ("POST", "/revoke"):
            self.keys.revoke(self.offices[OFFICE], secret=True)
            self.keys.end_request_keys(self.now())
            return Reply(204)
        first, _, rest = path.strip("/").partition("/")
        office = self.offices.get(first)
        if office is None:
            office, rest = self.offices[OFFICE], path
        return handled(office, method, rest, given, self.now())

    def answer(self, call: Call) -> Reply:
        self.work()
        words = call.path.strip("/").split("/")
        if words[0] != "v4":
            return said(404, "API2009", "No such resource.")
        try:
            return self._answered(call, words[1] if len(words) > 1 else "", "/".join(words[2:]))
        except Refusal as refusal:
            return refusal.reply

    def _answered(self, call: Call, word: str, target: str) -> Reply:
        if (write := WRITES.get((call.method, word, bool(target)))) is not None:
            return self._with_office(call, lambda office: self._write(call, office, *write, target))
        match call.method, word:
            case "POST", "request_key":
                return self.keys.grant(call.json(), self.now(), self.switches, self.record)
            case "GET", "authorized_practices":
                return self._authorized(call, target)
            case "GET", "request_key_info":
                return self._info(call)
            case "GET", "writebacks":
                return self._commands(call)
            case "GET", "writeback_status":
                return self._with_office(call, lambda office: self._status(call, office))
            case "GET", "appointments" | "patients" | "providers" | "operatories" | "appointment_statuses":
                return self._with_office(
                    call, lambda office: self._page(rows_for(office, word, call.query), call, word)
                )
            case "POST", _:
                return said(405, "API2014", "Method not allowed.")
        return said(404, "API2009", "No such resource.")

    # --- Who calls

    def _with_office(self, call: Call, do: Callable[[Office], Reply]) -> Reply:
        late = self.switches["expired_as"]
        expired = said(401, "", "Unauthorized.") if late == "401" else said(400, late, "Request key expired.")
        office = self.keys.office_of(call, self.now(), expired=expired)
        if isinstance(office, Reply):
            return office
        headers, left = self._counted(office)
        reply = said(429, "", "Too many requests.") if left < 0 else do(office)
        return Reply(reply.status, reply.body, {**headers, **reply.headers})

    def _counted(self, office: Office) -> tuple[dict[str, str], int]:
        """The rate headers after one more call in the practice's window of a minute, and what is left."""
        now = self.now()
        began, count = self.windows.get(office.office_id, (now, 0))
        if now - began >= timedelta(seconds=60):
            began, count = now, 0
        self.windows[office.office_id] = began, count + 1
        left = self.switches["rate_limit"] - count - 1
        reset = 60 - int((now - began).total_seconds())
        headers = {
            "X-Rate-Limit-Limit": str(self.switches["rate_limit"]),
            "X-Rate-Limit-Remaining": str(max(left, 0)),
            "X-Rate-Limit-Reset": str(reset),
        }
        return headers, left

    def _app(self, call: Call) -> None:
        self.keys.check_app(call.header("App-Id"), call.header("App-Key"))

    def _info(self, call: Call) -> Reply:
        key = self.keys.request_keys.get(call.header("Request-Key") or call.query.get("request_key", ""))
        if key is None:
            raise Refusal(400, "API1004", "Request key is missing or not valid.")
        return Reply(200, self.keys.info(key, self.now(), URL))

    # --- What is read

    def _authorized(self, call: Call, office_id: str) -> Reply:
        self._app(call)
        rows = [practice_row(office, self.now(), url=URL) for office in self.offices.values()]
        if office_id:
            rows = [row for row in rows if row["office_id"] == office_id]
            if rows and self.switches["practice_as_object"]:
                return Reply(200, rows[0])
        return self._page(rows, call, "authorized_practices")

    def _page(self, rows: Iterable[Row], call: Call, word: str) -> Reply:
        found = list(rows)
        if not found and self.switches["empty_list"] == "204":
            return Reply(204)
        page = page_of(found, call.query, url=f"{URL}/{word}")
        return Reply(200, [page] if self.switches["array_envelope"] else page)

    # --- What is written

    def _write(self, call: Call, office: Office, kind: str, api: str, target: str) -> Reply:
        if not self.switches["writes_in_plan"]:
            raise Refusal(401, "API2004", "This API is not in your plan.")
        body = call.json()
        check(kind, body)
        if body.get("check_spu") == "true" and not self.switches["spu_online"]:
            reply = said(412, "API2017", "The practice's server is offline.")
            text = reply.body.pop("long_message")
            return Reply(412, {**reply.body, "log_message": text})
        if kind == "patient_change" and office.system not in PATIENT_UPDATES:
            raise Refusal(422, "API2019", "Not supported by this practice management system.")
        least, most = (seconds / self.switches["speed"] for seconds in self.switches["writeback_seconds"])
        one = self.practices.accept(
            office, method=call.method, api=api, kind=kind, target=target, body=body, now=self.now(),
            seconds=(least, most),
        )  # fmt: skip
        self.record(kind, id=one.id, office=office.office_id, target=target, body=dict(body))
        return self._accepted(one.id, created=call.method == "POST", kind=kind)

    def _accepted(self, number: str, *, created: bool, kind: str) -> Reply:
        status = 201 if created else 200
        code = "API2016" if created else "API0011" if kind == "patient_change" else "API0007"
        html = self.switches["html_content_type"] and not created
        headers = {"Content-Type": "text/html; charset=UTF-8"} if html else {}
        if self.switches["write_answer"] == "id":
            return Reply(status, {"id": number, "result": "pending"}, headers)
        reply = said(
            status, code, "New resource created successfully" if created else "Updated", headers=headers
        )
        reply.body["more_information"] = f"{URL}/writeback_status?id={number}"
        if self.switches["write_answer"] == "long_message":
            reply.body["long_message"] = f"Id:{number}"
        return reply

    def _status(self, call: Call, office: Office) -> Reply:
        if not self.switches["status_in_plan"]:
            raise Refusal(401, "API2004", "This API is not in your plan.")
        texts = {
            "yes": self.switches["yes"], "no": "False" if self.switches["yes"] == "True" else "false",
            "waiting": self.switches["waiting"], "failed": self.switches["failed_status"],
            "id_in": self.switches["created_id_in"],
        }  # fmt: skip
        wanted = call.query.get("id", "")
        found = [
            one for one in self.practices.writebacks.values() if one.office is office and one.id == wanted
        ]
        return self._page([as_status(one, texts=texts) for one in found], call, "writeback_status")

    def _commands(self, call: Call) -> Reply:
        self._app(call)
        if not self.switches["commands_in_plan"]:
            raise Refusal(401, "API2004", "This API is not in your plan.")
        first, last = call.query.get("startdate", ""), call.query.get("enddate", "")
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", first) or not re.fullmatch(r"\d{4}-\d\d-\d\d", last):
            raise Refusal(400, "API1020", "Missing parameter: startdate, enddate.")
        if datetime.fromisoformat(last) - datetime.fromisoformat(first) > timedelta(days=7):
            raise Refusal(400, "API1026", "At most 7 days.")
        wanted = call.query.get("id")
        rows = [
            as_command(one, url=URL)
            for one in self.practices.writebacks.values()
            if first <= f"{one.asked_at:%Y-%m-%d}" <= last and wanted in {None, one.id}
        ]
        return self._page(rows, call, "writebacks")
