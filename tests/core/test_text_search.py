"""Texts that people wrote are found without case and accents, by the API, by the back office and on both engines."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from rest_framework.test import APIClient

from accounts.enums import Role
from bookings.models import Booking, Closure
from careops.core.invariants import folded_texts_are_current
from careops.core.search import is_folded
from careops.core.views import ResourceView
from connections.enums import Side
from connections.models import ActivityInvite, Connection, Invitation, Referral, ReferralFile
from connections.services.parties import SideGiven
from integrations.pms.models import PmsIntegration
from messaging.models import MessageTemplate
from tests.factories.accounts import client_with, make_user
from tests.factories.bookings import make_booking, make_provider, tomorrow
from tests.factories.connections import make_activity, make_invite
from tests.factories.inventory import make_item, make_lot
from tests.factories.messaging import make_contact, make_message
from tests.factories.office import office, page
from tests.factories.pms import make_integration
from tests.factories.referrals import make_referral, make_referral_file

pytestmark = pytest.mark.django_db

WRITTEN = [
    ("Herr Ökonom kommt", "ökonom"),
    ("Jörg Müller", "MÜLLER"),
    ("Jörg Müller", "jorg muller"),
    ("Мария Иванова", "мария"),
]
# What programs write, in ASCII: names of tasks and events, references, and what a practice calls its rows.
BY_PROGRAMS = {
    "accounts.signin.address", "connections.referral.reference", "connections.referralfile.referral__reference",
    "core.accessrecord.address", "core.accessrecord.request_id", "core.event.name", "core.event.request_id", "django_q.failure.func", "django_q.failure.name",
    "django_q.schedule.name", "django_q.success.func", "django_q.success.name", "nocodebackend.referralsync.reference",
    "pms.appointmentmirror.patient_id", "pms.appointmentmirror.remote_id", "pms.patientmirror.remote_id",
}  # fmt: skip
Make = Callable[[str], Model]


def _from_outside(text: str) -> Referral:
    made = make_referral()
    made.from_name = text
    made.save()
    return made


def _file(text: str) -> ReferralFile:
    made = make_referral_file()
    made.name = text
    made.save()
    return made


def _closure(text: str) -> Closure:
    start = tomorrow()
    provider = make_provider()
    return Closure.objects.create(
        provider=provider, starts_at=start, ends_at=start + timedelta(days=1), reason=text
    )


def _template(text: str) -> MessageTemplate:
    return MessageTemplate.objects.create(key="welcome", body=text)


def _invited(text: str) -> Connection:
    return Connection.objects.create(
        professional=make_user(Role.PROFESSIONAL),
        invited_email=f"{text.lower().replace(' ', '.')}@example.com",
        initiated_by=Side.PROFESSIONAL,
    )


def _invitation(text: str) -> Invitation:
    return Invitation.objects.create(connection=_invited(text), dedup_key="email:invitation:1")


def _invite(text: str) -> ActivityInvite:
    return make_invite(make_activity(title=text), make_user())


PLACES: dict[str, Make] = {
    "booking.notes": lambda text: make_booking(notes=text),
    "booking.service_type": lambda text: make_booking(service_type=text),
    "closure.reason": _closure,
    "referral.reason": lambda text: make_referral(reason=text),
    "referral.from_name": _from_outside,
    "referral.to_name": lambda text: make_referral(recipient=SideGiven(name=text)),
    "file.name": _file,
    "activity.title": lambda text: make_activity(title=text),
    "activity.place": lambda text: make_activity(place=text),
    "invite.title": _invite,
    "connection.address": _invited,
    "invitation.address": _invitation,
    "message.subject": lambda text: make_message(subject=text),
    "message.address": lambda text: make_message(to_address=f"{text.replace(' ', '.')}@example.com"),
    "template.body": _template,
    "lot.code": lambda text: make_lot(make_item(), code=text),
    "practice.name": lambda text: make_integration(name=text),
}
IN_THE_API = {Booking: "bookings", Referral: "referrals", PmsIntegration: "pms/integrations"}


@pytest.mark.parametrize(("text", "term"), WRITTEN)
@pytest.mark.parametrize("place", PLACES)
def test_a_text_is_found_as_people_write_it(place: str, text: str, term: str) -> None:
    found = PLACES[place](text)
    browser = office("admin")
    for asked, expected in ((term, [found]), (f"{term} nobody", [])):
        listed = browser.get(page(type(found)), {"q": asked})
        assert list(listed.context["cl"].result_list) == expected
    assert list(folded_texts_are_current()) == []

    if route := IN_THE_API.get(type(found)):
        api = client_with(Role.ADMIN)
        for asked, ids in ((term, [found.pk]), (f"{term} nobody", [])):
            answer = api.get(f"/api/{route}", {"search": asked}).json()
            rows = answer["results"] if isinstance(answer, dict) else answer
            assert [row["id"] for row in rows] == ids


def test_a_word_at_the_end_of_a_long_text_is_found() -> None:
    booking = make_booking(notes=f"{'word ' * 900}Ärztin")
    referral = make_referral(reason=f"{'word ' * 300}Ärztin")
    api = client_with(Role.STAFF)
    for route, row in (("bookings", booking), ("referrals", referral)):
        found = api.get(f"/api/{route}", {"search": "ärztin"}).json()["results"]
        assert [each["id"] for each in found] == [row.pk]


def test_bookings_are_ordered_by_service_as_people_order_it() -> None:
    provider = make_provider(capacity=4)
    for name in ("zebra", "Apfel", "Ökonom", "opal"):
        make_booking(provider, service_type=name)
    rows = client_with(Role.STAFF).get("/api/bookings", {"ordering": "service_type"}).json()["results"]
    assert [row["service_type"] for row in rows] == ["Apfel", "Ökonom", "opal", "zebra"]


def _patch(api: APIClient, path: str, body: dict[str, Any]) -> None:
    answer = api.patch(path, body)
    assert answer.status_code == 200, answer.json()


def test_a_changed_text_is_found_by_its_new_words_alone() -> None:
    api, browser = client_with(Role.ADMIN), office("admin")
    booking, referral = make_booking(notes="Älteres", service_type="Älteres"), make_referral(reason="Älteres")
    message = make_message(contact := make_contact(email="alteres@example.com"), subject="Hello")
    practice = make_integration(name="Älteres")
    lot = make_lot(make_item(), code="ÄLTERES")

    _patch(api, f"/api/bookings/{booking.pk}", {"notes": "Öffnung", "service_type": "Öffnung"})
    _patch(api, f"/api/referrals/{referral.pk}", {"reason": "Öffnung", "to_name": "Dr. Öffnung"})
    _patch(api, f"/api/contacts/{contact.pk}", {"email": "offnung@example.com"})
    _patch(api, f"/api/pms/integrations/{practice.pk}", {"name": "Öffnung"})
    _patch(api, f"/api/inventory/{lot.item_id}/lots/{lot.pk}", {"code": "ÖFFNUNG"})

    for row in (booking, referral, message, practice, lot):
        found = {
            term: list(browser.get(page(type(row)), {"q": term}).context["cl"].result_list)
            for term in ("älteres", "öffnung")
        }
        assert found == {"älteres": [], "öffnung": [row]}
    assert list(folded_texts_are_current()) == []


def _views(of: type[ResourceView] = ResourceView) -> list[type[ResourceView]]:
    return [of, *(view for each in of.__subclasses__() for view in _views(each))]


def test_every_column_that_people_search_is_folded() -> None:
    lists = [
        (model, str(name)) for model, shown in admin.site._registry.items() for name in shown.search_fields
    ]
    assert {
        f"{model._meta.label_lower}.{name}" for model, name in lists if not is_folded(model, name)
    } == BY_PROGRAMS
    assert len(lists) > 50
    api = {
        name for view in _views() if not view.__module__.startswith("tests.") for name in view.search_fields
    }
    assert {name for name in api if not name.endswith(("_key", "_text"))} == {"reference"}
    assert len(api) > 5
