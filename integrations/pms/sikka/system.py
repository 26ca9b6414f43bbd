"""Sikka behind the common face."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from typing import TypeVar

import structlog
from django.conf import settings

from integrations.pms.enums import CREATES, Operation
from integrations.pms.errors import AuthorisationRefused, BadAnswer, NotInPlan, Refused, Unavailable
from integrations.pms.phones import is_same
from integrations.pms.sikka import mapping, orders
from integrations.pms.sikka.client import PAGE_ROWS, SikkaClient
from integrations.pms.system import (
    Found,
    Grant,
    KeyInfo,
    Named,
    Order,
    Outcome,
    Person,
    Practice,
    Progress,
    RemoteAppointment,
    RemotePatient,
    Tally,
    Trace,
    Wired,
)

log = structlog.get_logger(__name__)
Read = TypeVar("Read")
PATIENT_UPDATES = frozenset({"orthotrac", "dolphin"})
DAY = timedelta(days=1)
WEEK = timedelta(days=6)
MOST_LISTED = 5 * PAGE_ROWS
NO_ACCESS = (NotInPlan, Refused, AuthorisationRefused)


class SikkaSystem:
    kind = "sikka"
    page_rows = PAGE_ROWS
    practice_id = ""

    def __init__(self, client: SikkaClient | None = None) -> None:
        self.client = client or SikkaClient(
            settings.SIKKA_BASE_URL, settings.SIKKA_APP_ID, settings.SIKKA_APP_KEY
        )

    @property
    def pause_seconds(self) -> float:
        return self.client.pause_seconds

    @property
    def turn(self) -> Callable[[], None]:
        return self.client.turn

    @turn.setter
    def turn(self, turn: Callable[[], None]) -> None:
        self.client.turn = turn

    def practices(self) -> list[Practice]:
        return [mapping.practice(row) for row in self.client.as_app("/authorized_practices", {"show": "all"})]

    def grant(self, *, office_id: str, secret_key: str) -> Grant:
        body = {"grant_type": "request_key", "office_id": office_id, "secret_key": secret_key}
        return self._granted(body)

    def refresh(self, *, refresh_key: str) -> Grant:
        return self._granted({"grant_type": "refresh_key", "refresh_key": refresh_key})

    def _granted(self, body: Mapping[str, str]) -> Grant:
        return mapping.grant(self.client.grant(body))

    def key_info(self, key: str) -> KeyInfo:
        return mapping.key_info(self.client.one("/request_key_info", key=key))

    def providers(self, key: str) -> list[Named]:
        return [mapping.provider(row) for row in self.client.rows("/providers", key=key)]

    def operatories(self, key: str) -> list[Named]:
        try:
            rows = list(self.client.rows("/operatories", key=key, params={"cust_id": "1", "is_hidden": "F"}))
        except NO_ACCESS:
            return []
        return [mapping.operatory(row) for row in rows]

    def statuses(self, key: str) -> list[str]:
        names = (mapping.text(row, "status") for row in self.client.rows("/appointment_statuses", key=key))
        return sorted({name for name in names if name})

    def appointments(
        self,
        key: str,
        *,
        first: date | None = None,
        last: date | None = None,
        changed_since: datetime | None = None,
        tally: Tally | None = None,
    ) -> Iterator[RemoteAppointment]:
        tally = tally or Tally()
        params = {"fields": "get_all"}
        if first:
            params["startdate"] = first.isoformat()
        if last:
            params["enddate"] = last.isoformat()
        if changed_since:
            params["loaded_startdate"] = f"{changed_since:%Y-%m-%dT%H:%M:%S}"
        rows = self._ours("/appointments", key, params, tally=tally)
        return _read(rows, mapping.appointment, mapping.APPOINTMENT_ID, tally)

    def appointment(self, key: str, appointment_id: str) -> RemoteAppointment | None:
        params, tally = {"appointment_sr_no": appointment_id, "fields": "get_all"}, Tally()
        rows = list(self._ours("/appointments", key, params, tally=tally))
        found = next(
            (one for one in map(mapping.appointment, rows) if one.appointment_id == appointment_id), None
        )
        if found is None and (rows or tally.foreign or not tally.whole):
            raise BadAnswer("unclear")
        return found

    def patients(
        self,
        key: str,
        *,
        changed_since: datetime | None = None,
        page: int = 0,
        tally: Tally | None = None,
    ) -> Iterator[RemotePatient]:
        tally = tally or Tally()
        params = {"fields": "homephone,workphone"}
        if changed_since:
            params["loaded_startdate"] = f"{changed_since:%Y-%m-%dT%H:%M:%S}"
        rows = self._ours("/patients", key, params, page, tally)
        return _read(rows, mapping.patient, mapping.PATIENT_ID, tally)

    def patient(self, key: str, patient_id: str) -> RemotePatient | None:
        params = {"patient_id": patient_id, "fields": "homephone,workphone"}
        found = map(mapping.patient, self._ours("/patients", key, params))
        return next((one for one in found if one.patient_id == patient_id), None)

    def find_patients(self, key: str, person: Person) -> list[RemotePatient]:
        first, last = orders.plain(person.first_name), orders.plain(person.last_name)
        params = {"firstname": first, "lastname": last, "fields": "homephone,workphone"}
        asked, tally = {name: value for name, value in params.items() if value}, Tally()
        found = [mapping.patient(row) for row in self._ours("/patients", key, asked, tally=tally)]
        if not tally.whole:
            raise BadAnswer("incomplete")
        return [one for one in found if _is_maybe(one, f"{first} {last}".strip(), person)]

    def shows_patients(self, key: str) -> bool:
        return next(self._ours("/patients", key, {}), None) is not None

    def accepts(self, operation: Operation, fields: Sequence[str], *, system: str) -> bool:
        """Only OrthoTrac and Dolphin take changes of a patient, and never of how to reach one."""
        if operation != Operation.UPDATE_PATIENT:
            return True
        return system.lower() in PATIENT_UPDATES and set(fields) <= {"name"} and bool(fields)

    def wired(self, order: Order) -> Wired:
        return orders.wired(order)

    def submit(self, key: str, wired: Wired) -> str:
        return mapping.accepted_id(self.client.write(wired.method, wired.path, key=key, body=wired.body))

    def outcome(self, key: str, remote_id: str, *, submitted_at: datetime) -> Outcome:
        """By ``/writeback_status``; where the plan does not include that, by ``/writebacks``."""
        try:
            rows = list(self.client.rows("/writeback_status", key=key, params={"id": remote_id}))
            read = mapping.status_outcome
        except NotInPlan:
            try:
                rows = self._commands(submitted_at, {"id": remote_id})
            except AuthorisationRefused:
                # It is the app that is not let in here, which says nothing of the practice.
                raise Unavailable("list_refused") from None
            read = mapping.command_outcome
        row = next((row for row in rows if mapping.text(row, "id") == remote_id), None)
        return Outcome(Progress.WAITING) if row is None else read(row)

    def progress(self, key: str, *, since: datetime) -> dict[str, Progress]:
        """By ``/writebacks``, its first pages: it is a list of all practices of ours."""
        try:
            rows = islice(self._listed(since, {}), MOST_LISTED)
            told = [(mapping.text(row, "id"), mapping.command_progress(row)) for row in rows]
        except NO_ACCESS:
            return {}
        return {remote_id: found for remote_id, found in told if remote_id and found is not None}

    def trace(
        self, key: str, order: Order, wired: Wired, *, since: datetime, known: frozenset[str],
        listed: frozenset[str], alone: bool,
    ) -> Found:  # fmt: skip
        """In the list of commands first, then in what the practice holds.

        A command in the list does not say which appointment or patient it changes: of several changes alike the
        one that is meant is known by what it has changed.
        """
        try:
            commands = self._commands(since, {})
        except NO_ACCESS:
            commands = None
        if commands is not None and listed - {mapping.text(row, "id") for row in commands}:
            raise BadAnswer("incomplete")
        alike = [
            row
            for row in commands or ()
            if mapping.text(row, "id") not in known
            and mapping.is_command_for(row, wired, office_id=order.office_id)
        ]
        if alike and (alone or order.operation in CREATES):
            return Found(Trace.ACCEPTED, remote_id=mapping.text(alike[0], "id"))
        if order.operation in CREATES:
            if created := self.made_by(key, order):
                return Found(Trace.DONE, created_id=created)
            return Found(Trace.UNSURE if commands is None else Trace.ABSENT)
        if alike:
            if self._is_as_ordered(key, order):
                return Found(Trace.DONE)
            if any(mapping.command_progress(row) is Progress.WAITING for row in alike):
                return Found(Trace.UNSURE)
        return Found(Trace.ABSENT)  # it sets a value: setting it again does no harm

    def _is_as_ordered(self, key: str, order: Order) -> bool:
        """Whether what a change changes is as the change wants it."""
        if order.operation == Operation.UPDATE_PATIENT:
            who = self.patient(key, order.target_id)
            wanted = orders.plain(order.person.first_name), orders.plain(order.person.last_name)
            return who is not None and (who.first_name, who.last_name) == wanted
        one = self.appointment(key, order.target_id)
        if one is None:
            return False
        if order.operation == Operation.CHANGE_APPOINTMENT_STATUS:
            return one.status.lower() == order.status.lower()
        place = (one.starts, one.minutes, one.provider_id, one.operatory)
        starts = datetime.combine(order.day, order.at) if order.day and order.at else one.starts
        return place == (
            starts,
            order.minutes or one.minutes,
            order.provider_id,
            order.operatory or one.operatory,
        )

    def made_by(self, key: str, order: Order) -> str:
        if order.operation == Operation.CREATE_PATIENT:
            found = self.find_patients(key, order.person)
            return found[0].patient_id if len(found) == 1 else ""
        tally = Tally()
        for one in self.appointments(key, first=order.day, last=order.day, tally=tally):
            if order.reference in one.note:
                return one.appointment_id
        if tally.unreadable or not tally.whole:
            raise BadAnswer("incomplete")
        return ""

    def _ours(
        self, path: str, key: str, params: Mapping[str, str], page: int = 0, tally: Tally | None = None
    ) -> Iterator[mapping.Row]:
        """The rows of a list that are this practice's: numbers repeat among the practices of one office."""
        tally = tally or Tally()
        for row in self.client.rows(path, key=key, params=params, page=page, tally=tally):
            if self.practice_id and "practice_id" not in row:
                tally.unreadable += 1
            elif not self.practice_id or mapping.text(row, "practice_id") in {"", self.practice_id}:
                yield row
            else:
                tally.foreign += 1

    def _commands(self, since: datetime, params: Mapping[str, str]) -> list[mapping.Row]:
        """Commands of the days around ``since``; their zone is not told, so a day more on either side."""
        tally = Tally()
        rows = list(self._listed(since, params, tally))
        if tally.short:
            raise BadAnswer("incomplete")
        return rows

    def _listed(
        self, since: datetime, params: Mapping[str, str], tally: Tally | None = None
    ) -> Iterator[mapping.Row]:
        days = {"startdate": f"{since - DAY:%Y-%m-%d}", "enddate": f"{since - DAY + WEEK:%Y-%m-%d}"}
        return self.client.as_app("/writebacks", {**days, **params}, tally=tally)


def _read(
    rows: Iterable[mapping.Row], read: Callable[[mapping.Row], Read], id_column: str, tally: Tally
) -> Iterator[Read]:
    """Each row that can be read. The others are counted, by their ids where these can be read."""
    for row in rows:
        try:
            found = read(row)
        except BadAnswer:
            log.warning("pms.row_unreadable", kind=read.__name__)
            tally.unreadable += 1
            if number := mapping.readable(row, id_column):
                tally.unread_ids.add(number)
        else:
            tally.readable += 1
            yield found


def _is_maybe(one: RemotePatient, name: str, person: Person) -> bool:
    if one.name.lower() != name.lower():
        return False
    by_phone = bool(person.phone) and any(is_same(phone, person.phone) for phone in one.phones)
    return by_phone or bool(person.email and one.email == person.email.lower())
