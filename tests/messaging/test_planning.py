"""Planning: one row per occurrence, in the right words, and never to somebody who must not be written to."""

from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ

from careops.core import clock
from messaging.models import Contact, Message, MessageTemplate
from messaging.services import contacts, messages
from messaging.texts import TEXTS, register
from tests.factories.messaging import make_contact

pytestmark = pytest.mark.django_db


def plan(contact: Contact, **changes: Any) -> Message | None:
    return messages.plan(
        **{"contact": contact, "rule": "welcome", "about": contact, "occurrence": 1, **changes}
    )


def test_an_occurrence_is_planned_once() -> None:
    contact = make_contact()
    first = plan(contact)
    second = plan(contact, context={"contact_name": "Other"})
    third = plan(contact, occurrence=2)
    assert first is not None
    assert second is not None
    assert third is not None
    assert (first.pk == second.pk, Message.objects.count()) == (True, 2)
    assert Message.objects.get(pk=first.pk).subject == f"Welcome, {contact.name}"
    assert first.dedup_key == f"email:welcome:messaging.contact:{contact.pk}:1"


def test_planning_costs_three_statements_and_rings_once_in_a_transaction() -> None:
    contact = make_contact()
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        plan(contact)
        plan(contact, occurrence=2)
    kinds = [query["sql"].split()[0] for query in queries if "SAVEPOINT" not in query["sql"]]
    assert kinds == ["SELECT", "INSERT", "INSERT", "SELECT", "INSERT"]  # words, row, bell; words, row
    assert OrmQ.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"email": ""}, "no_address"),
        ({"automation_paused": True, "pause_reason": "staff_replied"}, "staff_replied"),
        (
            {
                "automation_paused": True,
                "pause_reason": "automation_paused",
                "paused_until": "2099-01-01T00:00:00Z",
            },
            "automation_paused",
        ),
    ],
)
def test_what_must_not_be_sent_is_on_record_with_its_reason(
    fields: dict[str, Any], reason: str, deliver: Callable[[], None], outbox: Path
) -> None:
    contact = Contact.objects.get(pk=make_contact(**fields).pk)
    plan(contact)
    deliver()
    message = Message.objects.get()
    assert (message.state, message.reason, message.ended_at is None) == ("suppressed", reason, False)
    assert (OrmQ.objects.count(), outbox.exists()) == (0, False)


def test_a_pause_that_is_over_stops_nothing() -> None:
    plan(make_contact(automation_paused=True, paused_until=clock.now() - timedelta(seconds=1)))
    assert Message.objects.get().state == "pending"


def test_what_a_person_sends_goes_out_although_automation_is_paused() -> None:
    plan(make_contact(automation_paused=True), automated=False)
    assert Message.objects.get().state == "pending"


def test_nothing_is_planned_for_a_person_who_was_erased() -> None:
    assert plan(make_contact(name="", email="", phone="", erased_at=clock.now())) is None
    assert Message.objects.count() == 0


def test_a_quiet_contact_is_not_welcomed() -> None:
    contacts.create_contact(name="Ada", email="ada@example.com", actor=None, quiet=True)
    assert Message.objects.count() == 0


def test_the_worker_stops_what_was_planned_while_a_pause_was_on_its_way(
    deliver: Callable[[], None], outbox: Path
) -> None:
    contact = make_contact()
    plan(contact)
    Contact.objects.update(automation_paused=True, pause_reason="staff_replied")
    deliver()
    message = Message.objects.get()
    assert (message.state, message.reason, outbox.exists()) == ("suppressed", "staff_replied", False)


def test_a_person_is_found_by_e_mail_then_by_phone_and_never_changed() -> None:
    by_email, by_phone = make_contact(), make_contact()
    found = [
        contacts.find_or_create(
            name="X", email=by_email.email.upper(), phone=by_phone.phone, actor=None
        ),
        contacts.find_or_create(name="X", email="new@example.com", phone=by_phone.phone, actor=None),
    ]  # fmt: skip
    made = contacts.find_or_create(name="New", email="other@example.com", phone="+1 555 999 0000", actor=None)
    assert [contact.pk for contact in found] == [by_email.pk, by_phone.pk]
    assert [contact.name for contact in found] == [by_email.name, by_phone.name]
    assert (made.phone, Contact.objects.count()) == ("+15559990000", 3)


def test_the_clinics_own_words_come_in_the_language_of_the_contact(settings: Any) -> None:
    settings.DEFAULT_LANGUAGE = "en"
    for language, subject in (("de", "Willkommen, {contact_name}"), ("en", "Hi {contact_name}")):
        MessageTemplate.objects.create(
            key="welcome", language=language, subject=subject, body="{contact_name}!"
        )
    for language in ("de", "fr", ""):
        plan(make_contact(name="Ada", language=language))
    MessageTemplate.objects.all().delete()
    plan(make_contact(name="Ada", language="de"))
    subjects = Message.objects.order_by("id").values_list("subject", flat=True)
    assert list(subjects) == ["Willkommen, Ada", "Hi Ada", "Hi Ada", "Welcome, Ada"]


def test_nothing_in_a_template_is_evaluated(deliver: Callable[[], None], outbox: Path) -> None:
    literal = "{0.__class__} {{settings}} {contact_name.__class__} {settings} %(contact_name)s $contact_name {% if %}"
    MessageTemplate.objects.create(key="welcome", subject=literal[:60], body=literal)
    plan(make_contact(name="{settings} {contact_name}"))
    deliver()
    (file,) = outbox.glob("*.eml")
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert mail.get_content().strip() == literal
    assert mail["Subject"] == literal[:60].strip()


def test_a_value_is_not_looked_at_again_and_cannot_break_a_header() -> None:
    contact = make_contact()
    plan(contact, context={"contact_name": "{contact_name}\r\nBcc: all@example.com"})
    assert Message.objects.get().subject == "Welcome, {contact_name} Bcc: all@example.com"


def test_a_template_that_misspells_a_name_is_refused_by_name() -> None:
    template = MessageTemplate(
        key="welcome", subject="Hi {contact_nam}", body="{{settings}} {0.x} {contact_name}"
    )
    with pytest.raises(ValidationError) as refused:
        template.full_clean()
    assert refused.value.message_dict == {"subject": ["Unknown: {contact_nam}. Known are {contact_name}."]}


def test_a_text_is_declared_once_and_uses_its_own_names_only() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        register("welcome", subject="Other", body="words")
    with pytest.raises(ValueError, match="unknown names: place"):
        register("greeting", subject="At {place}", body="")
    del TEXTS["greeting"]


def test_what_is_withdrawn_is_not_sent(deliver: Callable[[], None], outbox: Path) -> None:
    contact, other = make_contact(), make_contact()
    for person in (contact, other):
        plan(person)
    assert messages.withdraw(about=contact, reason="cancelled", rules=["reminder"]) == 0
    assert messages.withdraw(about=contact, reason="cancelled") == 1
    deliver()
    states = Message.objects.order_by("id").values_list("state", "reason")
    assert list(states) == [("cancelled", "cancelled"), ("sent", "")]
    assert messages.withdraw(about=other, reason="cancelled") == 0
    assert len(list(outbox.glob("*.eml"))) == 1
