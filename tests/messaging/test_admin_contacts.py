"""Contacts, messages and the clinic's own words in the back office."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry

from careops.core.models import Event
from careops.core.outbox import State
from messaging.models import Contact, Message, MessageTemplate
from tests.factories.bookings import make_booking
from tests.factories.messaging import make_contact, make_message
from tests.factories.office import errors, office, page, said

pytestmark = pytest.mark.django_db
NASTY = "<script>alert(1)</script>"


def form(**fields: Any) -> dict[str, Any]:
    given = {
        "name": "Ada Example",
        "email": "Ada@Example.com",
        "phone": "",
        "notes": "",
        "tags": "",
        "language": "",
    }
    return {**given, "time_zone": "", **fields}


def names() -> set[str]:
    return set(Event.objects.values_list("name", flat=True))


def test_a_contact_is_made_by_the_verb_and_welcomed() -> None:
    answer = office("staff").post(
        page(Contact, "add/"), form(tags="VIP, new , vip", phone="+1 (555) 010-0123")
    )
    contact = Contact.objects.get()
    assert (answer.status_code, contact.email, contact.phone, contact.tags) == (
        302, "ada@example.com", "+15550100123", ["vip", "new"],
    )  # fmt: skip
    assert names() == {"contact.created"}
    assert Message.objects.filter(rule="welcome", contact=contact).count() == 1


@pytest.mark.parametrize(
    ("fields", "beside"),
    [
        ({"email": "taken@example.com"}, {"email": ["A contact with this e-mail address or phone number exists already."]}),
        ({"email": ""}, {"email": ["An e-mail address or a phone number is needed."]}),
        ({"phone": "+12"}, {"phone": ["A phone number is + and 8 to 15 digits, such as +15550100."]}),
        ({"tags": "a b!"}, {"tags": ["Tags are up to 20 words of at most 40 letters, digits, - or _."]}),
        ({"language": "x"}, {"language": ["This is not a language, such as en or pt-br."]}),
    ],
)  # fmt: skip
def test_refusals_stand_beside_their_fields(fields: dict[str, str], beside: dict[str, list[str]]) -> None:
    make_contact(email="taken@example.com")
    assert errors(office("staff").post(page(Contact, "add/"), form(**fields))) == beside
    assert Contact.objects.count() == 1


def test_a_contact_is_changed_by_the_verb() -> None:
    contact = make_contact(tags=["vip"])
    office("staff").post(
        page(contact), form(name=contact.name, email=contact.email, phone=contact.phone, tags="vip, late")
    )
    contact.refresh_from_db()
    assert contact.tags == ["vip", "late"]
    assert [event.data for event in Event.objects.filter(name="contact.updated")] == [{"fields": ["tags"]}]


def test_the_timeline_holds_messages_and_events_escaped() -> None:
    contact = make_contact(name=NASTY)
    make_message(
        contact, subject=NASTY, body="First line\nsecond line", state=State.FAILED, reason="smtp_550"
    )
    make_booking(contact=contact)
    text = office("staff").get(page(contact)).content.decode()
    assert NASTY not in text
    assert "First line<br>second line" in text
    assert "Failed: smtp 550" in text
    assert "Booking created" in text


def test_a_reply_is_queued_and_pauses_automation() -> None:
    contact, browser = make_contact(), office("staff")
    planned = make_message(contact)
    answer = browser.post(
        page(contact, "do/reply"), {"channel": "email", "subject": "Hi", "body": "Hello"}, follow=True
    )
    assert said(answer) == [f"Your message to {contact} is on its way. Automated messages are paused."]
    planned.refresh_from_db()
    contact.refresh_from_db()
    assert (planned.state, planned.reason, contact.is_paused) == (State.SUPPRESSED, "staff_replied", True)
    assert Message.objects.filter(rule="reply", body="Hello").count() == 1


def test_a_reply_to_nobodys_address_is_refused_beside_the_channel() -> None:
    contact = make_contact(email="")
    answer = office("staff").post(page(contact, "do/reply"), {"channel": "email", "body": "Hello"})
    assert errors(answer) == {"channel": ["The contact has no address for this channel."]}


def test_automation_is_paused_and_resumed() -> None:
    contact, browser = make_contact(), office("staff")
    for verb, paused in (("pause", True), ("resume", False)):
        browser.post(page(contact, f"do/{verb}"))
        contact.refresh_from_db()
        assert contact.is_paused is paused
        query = f"{page(Contact)}?automation={'paused' if paused else 'running'}"
        assert browser.get(query).context["cl"].result_count == 1


def test_only_admins_erase_and_future_bookings_ask_for_a_word_more() -> None:
    contact = make_contact(name="Ada Example")
    make_booking(contact=contact)
    assert office("staff").post(page(contact, "delete"), {"post": "yes"}).status_code == 403
    browser = office("admin")
    answer = browser.post(page(contact, "delete"), {"post": "yes"}, follow=True)
    contact.refresh_from_db()
    assert (len(said(answer)), contact.name) == (1, "Ada Example")
    browser.post(page(contact, "delete"), {"post": "yes", "force": "1"}, follow=True)
    contact.refresh_from_db()
    assert (contact.name, contact.email, contact.erased_at is None) == ("", "", False)
    assert LogEntry.objects.count() == 0
    text = browser.get(page(contact, "history")).content.decode()
    assert "Contact erased" in text
    assert "Ada Example" not in text
    assert office("staff").post(page(contact, "delete"), {"post": "yes"}).status_code == 403


def test_a_failed_message_is_sent_again() -> None:
    message = make_message(state=State.FAILED)
    answer = office("staff").post(page(message, "do/resend"), follow=True)
    assert said(answer) == ["The message is on its way again, to the recipient's present address."]
    assert Message.objects.filter(state=State.PENDING, contact=message.contact).count() == 1


@pytest.mark.parametrize(
    ("outcome", "state"), [("sent", State.SENT), ("failed", State.FAILED), ("resend", State.FAILED)]
)
def test_an_unknown_message_is_settled(outcome: str, state: State) -> None:
    message = make_message(state=State.UNKNOWN)
    office("staff").post(page(message, "do/settle"), {"outcome": outcome})
    message.refresh_from_db()
    assert message.state == state


def test_a_settled_message_is_not_settled_again() -> None:
    answer = office("staff").post(page(make_message(state=State.SENT), "do/settle"), {"outcome": "sent"})
    assert errors(answer) == {"__all__": ["Only a message whose outcome is unknown can be settled."]}


def template(**fields: str) -> dict[str, str]:
    return {
        "key": "welcome",
        "language": "en",
        "channel": "email",
        "subject": "Hi",
        "body": "Hello",
        **fields,
    }


def test_admins_write_the_clinics_own_words() -> None:
    browser = office("admin")
    assert browser.post(page(MessageTemplate, "add/"), template()).status_code == 302
    words = MessageTemplate.objects.get()
    browser.post(page(words), template(body="Hello {contact_name}"))
    browser.post(page(words, "delete"), {"post": "yes"})
    assert MessageTemplate.objects.count() == 0
    assert names() == {f"message_template.{what}" for what in ("created", "changed", "deleted")}


def test_unknown_names_and_a_second_text_of_one_kind_are_refused() -> None:
    browser = office("admin")
    answer = browser.post(page(MessageTemplate, "add/"), template(body="Hello {contact_nmae}"))
    assert errors(answer) == {"body": ["Unknown: {contact_nmae}. Known are {contact_name}."]}
    browser.post(page(MessageTemplate, "add/"), template())
    assert set(errors(browser.post(page(MessageTemplate, "add/"), template()))) == {"__all__"}
    assert MessageTemplate.objects.count() == 1


def test_the_preview_fills_samples_in_and_shows_tricks_as_they_stand() -> None:
    body = f"Dear {{contact_name}}, {{0.__class__}} {{{{settings}}}} {{nobody}} {NASTY}"
    answer = office("staff").post("/admin/messaging/messagetemplate/preview/", template(body=body))
    text = answer.content.decode()
    assert "Dear Ada Sample, {0.__class__} {{settings}} {nobody} &lt;script&gt;" in text
    assert "Unknown: {nobody}" in " ".join(text.split())
    assert NASTY not in text


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("model", [Contact, Message])
def test_lists_cost_the_same_for_any_number_of_rows(
    rows: int, model: Any, django_assert_num_queries: Any
) -> None:
    for _ in range(rows):
        make_message()
    browser = office("staff")
    with django_assert_num_queries(5):
        browser.get(page(model))
