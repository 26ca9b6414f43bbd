"""What a practice tells of a person stands nowhere in clear but in the contact, and goes with it."""

import json
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from integrations.pms.models import AppointmentMirror, PatientMirror, PmsConflict
from messaging.models import Contact
from messaging.services.contacts import update_contact
from messaging.services.erasure import erase_contact, export_contact
from tests.factories.bookings import make_booking, make_contact, tomorrow
from tests.integrations.pms.desk import Desk, alerts
from tests.integrations.pms.practice import Practice, bookings
from tests.services.indexes import full_text_indexes

CANARIES = ("zuleika", "quillfeather", "marmalade", "2125550142", "555-0142", "obsidian", "xylophone")
ZULEIKA = {
    "firstname": "Zuleika", "lastname": "Quillfeather", "email": "marmalade@example.com", "cell": "212-555-0142",
}  # fmt: skip
THE_PERSON = {"messaging_contact", "bookings_booking", "messaging_message"}


@pytest.fixture
def practice(desk: Desk) -> Practice:
    return Practice(desk)


def dump() -> dict[str, str]:
    """Every table of the database as text, as somebody who steals it reads it."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  # names of our own tables
            found[table] = repr(cursor.fetchall()).lower()
    return found


def tables_with(words: tuple[str, ...]) -> set[str]:
    return {
        table for table, text in dump().items() if any(word in text for word in words)
    } - full_text_indexes()


def everything_happens(desk: Desk, practice: Practice) -> tuple[str, str]:
    """A patient is met, matched, moved, disputed and overlaps; another is met and nobody here."""
    patient = practice.patient(**ZULEIKA)
    number = practice.appointment(
        patient, tomorrow(15), description="Obsidian crown", note="Plays the xylophone"
    )
    practice.sync()
    contact = Contact.objects.get()
    update_contact(contact=contact, actor=None, email="marmalade@example.net")
    practice.change_patient(patient, email="marmalade@example.org")
    practice.change(number, tomorrow(16))
    make_booking(desk.provider, make_contact(name="Holder"), at=tomorrow(18))
    practice.appointment(patient, tomorrow(18), description="Obsidian")
    practice.patient(**{**ZULEIKA, "cell": "", "email": "quillfeather@example.com"})
    practice.sync_later(full=True)
    return patient, number


def test_nothing_of_a_person_stands_in_clear_beside_the_contact(
    desk: Desk, practice: Practice, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    everything_happens(desk, practice)
    assert tables_with(CANARIES) == {"messaging_contact", "bookings_booking"}
    keys = tuple(
        str(getattr(desk.integration, name)).lower() for name in ("secret_key", "request_key", "refresh_key")
    )
    assert all(len(key) > 10 for key in keys)
    assert tables_with(keys) == set()
    said = f"{caplog.text}{''.join(capfd.readouterr())}".lower()
    assert [word for word in (*CANARIES, *keys) if word in said] == []
    assert {kind for kind, _ in alerts()} == {"pms_conflicts"}


def test_an_erased_person_is_gone_and_never_taken_in_again(desk: Desk, practice: Practice) -> None:
    patient, number = everything_happens(desk, practice)
    contact = Contact.objects.get(name="Zuleika Quillfeather")
    erase_contact(contact=contact, actor=None, force=True)
    desk.work(minutes=5)
    practice.change_patient(patient, firstname="Zuleika M")
    practice.change(number, tomorrow(20), description="Obsidian once more")
    practice.appointment(patient, tomorrow(21), description="Obsidian")
    practice.sync_later(full=True)
    assert tables_with(CANARIES) == set()
    mirror = PatientMirror.objects.get(remote_id=patient)
    assert (mirror.values, mirror.left_out) == ("", True)
    assert {row.description for row in AppointmentMirror.objects.filter(patient_id=patient)} == {""}
    assert (PmsConflict.objects.count(), [kind for kind, _ in alerts() if kind == "pms_conflicts"]) == (0, [])
    assert {status for name, _, _, status in bookings() if not name} == {"cancelled"}


def test_a_person_reads_what_the_practice_has_told(desk: Desk, practice: Practice) -> None:
    practice.appointment(practice.patient(), tomorrow(15))
    practice.sync()
    held = export_contact(Contact.objects.get())["integrations.pms"]
    [there] = held["patients_there"]
    assert (there["practice"], there["email"]) == ("Harbour Dental", "ada@example.com")
    [visit] = held["appointments_there"]
    assert (visit["starts_at"], visit["description"]) == (tomorrow(15), "Check-up")
    assert json.dumps(held, default=str)


def test_a_new_key_seals_what_was_read(desk: Desk, practice: Practice, settings: Any) -> None:
    practice.appointment(practice.patient(), tomorrow(15))
    practice.sync()
    settings.FIELD_ENCRYPTION_KEYS = [
        "a new passphrase of thirty-two letters",
        *settings.FIELD_ENCRYPTION_KEYS,
    ]
    call_command("rotate_secrets")
    settings.FIELD_ENCRYPTION_KEYS = settings.FIELD_ENCRYPTION_KEYS[:1]
    assert AppointmentMirror.objects.get().description == "Check-up"
    practice.sync_later(full=True)
    assert len(bookings()) == 1
