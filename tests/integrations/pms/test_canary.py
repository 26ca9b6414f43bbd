"""Neither a key nor a person is to be found where they do not belong, whatever the other side says back."""

import logging
from typing import Any

import pytest
from django.db import connection

from accounts.enums import Role
from careops.core.metrics import exposition
from integrations.pms.models import PmsConflict, PmsIntegration, PmsWriteback
from integrations.pms.tasks import sync_practices, tell_of_alerts
from integrations.sandbox.faults import Fault, Kind
from integrations.sandbox.sikka import SECRET, SikkaTwin
from messaging.services.contacts import update_contact
from tests.factories.accounts import client_with
from tests.factories.bookings import make_contact, tomorrow
from tests.factories.office import office, page
from tests.integrations.pms.desk import Desk, states
from tests.integrations.pms.practice import Practice
from tests.services.indexes import full_text_indexes

OURS = {"name": "Wilhelmina Canarybird", "email": "wilhelmina@canary.example.com", "phone": "+12125550177"}
THEIRS = {
    "firstname": "Theodora",
    "lastname": "Mockingjay",
    "email": "t@mockingjay.example.com",
    "cell": "2125550188",
}
PERSONS = ("canary", "2125550177", "mockingjay", "theodora", "2125550188")
# Whom we know has a row of their own, which everything else points at; a message has an address and a text.
OF_PERSONS = {"messaging_contact", "messaging_message"}


def keys(sikka: SikkaTwin, settings: Any) -> set[str]:
    """Every key that there ever was."""
    found = {SECRET, settings.SIKKA_APP_KEY, *sikka.keys.request_keys, *sikka.keys.refresh_keys}
    for row in PmsIntegration.objects.all():
        found |= {row.opened("request_key"), row.opened("refresh_key"), row.opened("secret_key")}
    return {key.lower() for key in found if key}


def dump() -> list[tuple[str, str]]:
    """Every row of every table, as a dump of the database has it."""
    with connection.cursor() as cursor:
        rows = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            rows += [(table, repr(row).lower()) for row in cursor.fetchall()]
    return rows


def echoes(said: str) -> list[Fault]:
    answer = {"http_code": "400", "error_code": said, "short_message": said, "long_message": said}
    headers = {"X-Rate-Limit-Reset": "1", "X-Said": said}
    return [
        Fault(Kind.ANSWER, path=path, status=status, answer=answer, headers=headers)
        for path in ("/appointment$", "/writeback", "/appointments", "/patients", "/request_key$")
        for status in (400, 401, 422, 500, 429)
    ]


def live_through(desk: Desk, practice: Practice, said: str) -> None:
    """A booking, one that fails, a sync with a stranger, conflicts, and errors that say everything back."""
    contact = make_contact(**OURS)
    first = desk.book(contact=contact)
    desk.work(minutes=2)
    desk.sikka.switch(failing=said)
    desk.book(contact=contact, at=tomorrow(18))
    desk.work(minutes=2)
    assert states()[-1] == "failed"
    desk.sikka.switch(failing="")
    stranger = practice.patient(**THEIRS)
    practice.appointment(stranger, tomorrow(18))
    practice.appointment(stranger, tomorrow(20))
    number = first.pms_links.get().remote_id
    practice.change(number, tomorrow(16))
    assert practice.sync(full=True)
    patient = contact.pms_links.get().remote_id
    practice.change_patient(patient, email="w@canary.example.org")
    update_contact(contact=contact, actor=None, email="other@canary.example.com")
    assert practice.sync_later(full=True)
    assert PmsConflict.objects.exists()
    desk.sikka.faults.add(*echoes(said))
    desk.book(contact=contact, at=tomorrow(22))
    for _ in range(6):
        desk.work(minutes=4)
        sync_practices()
        desk.change(paused_until=None, token_expiry=desk.integration.created_at, state="active")
    tell_of_alerts()
    assert len(desk.sikka.faults.shown) > 5
    desk.sikka.faults.clear()


def test_no_key_and_no_person_where_they_do_not_belong(
    sikka: SikkaTwin, desk: Desk, settings: Any, caplog: pytest.LogCaptureFixture, capfd: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    said = f"{OURS['name']} {OURS['email']} ({OURS['phone']}) {THEIRS['lastname']} " + " ".join(
        keys(sikka, settings)
    )
    live_through(desk, Practice(desk), said)
    staff, browser = client_with("admin"), office(Role.ADMIN)
    at = f"/api/pms/integrations/{desk.integration.pk}"
    desk.sikka.faults.add(*echoes(said))
    bare = [
        staff.get(path) for path in ("/api/alerts", "/api/events", f"{at}/practices", f"{at}/operatories")
    ]
    shown = [browser.get(page(table)) for table in (PmsIntegration, PmsWriteback, PmsConflict)]
    shown += [
        browser.get(page(row))
        for table in (PmsIntegration, PmsWriteback, PmsConflict)
        for row in table.objects.all()
    ]
    assert {answer.status_code for answer in shown} == {200}
    bare_texts = [answer.content.decode().lower() for answer in bare] + [exposition().decode().lower()]
    logged = [f"{record.getMessage()} {record.exc_text or ''}".lower() for record in caplog.records]
    logged.append("".join(capfd.readouterr()).lower())
    assert len(logged) > 50

    secrets = keys(sikka, settings)
    everywhere = [
        *dump(),
        *(("log", text) for text in logged),
        *(("answer", text) for text in bare_texts),
        *(("page", answer.content.decode().lower()) for answer in shown),
    ]
    assert {where for where, text in everywhere if any(key in text for key in secrets)} == set()
    clear = {where for where, text in everywhere if where != "page" and any(word in text for word in PERSONS)}
    assert clear - full_text_indexes() == OF_PERSONS
