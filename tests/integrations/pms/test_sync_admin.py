"""The back office's pages of the practices: the wizard, the settings, the conflicts."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.enums import Role
from careops.core.models import Alert
from integrations.pms.errors import Unavailable
from integrations.pms.exceptions import NoAddressOfTheirOwn
from integrations.pms.models import (
    AppointmentMirror,
    PmsConflict,
    PmsIntegration,
    PmsWriteback,
    ProviderLink,
    SyncState,
)
from integrations.pms.sending import WRITEBACKS
from integrations.pms.services import line
from integrations.sandbox.faults import Fault, Kind
from integrations.sandbox.sikka import OFFICE, SikkaTwin
from messaging.models import Contact
from tests.factories.bookings import make_booking, make_contact, make_provider, tomorrow
from tests.factories.office import office, page, said
from tests.factories.pms import make_conflict, make_integration, make_stored, make_writeback
from tests.integrations.pms.desk import Desk, states
from tests.integrations.pms.practice import Practice, bookings, conflicts

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Client:
    return office(Role.ADMIN)


@pytest.fixture
def practice(desk: Desk) -> Practice:
    return Practice(desk)


def do(row: Any, name: str) -> str:
    return page(row, f"do/{name}")


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_a_practice_is_taken_up_chosen_and_authorised(admin: Client, sikka: SikkaTwin) -> None:
    answer = admin.post(page(PmsIntegration, "add/"), {"name": "Harbour"}, follow=True)
    row = PmsIntegration.objects.get()
    assert answer.redirect_chain[-1][0] == do(row, "authorise")
    assert f'value="{OFFICE}|1"' in text(answer)
    answer = admin.post(do(row, "authorise"), {"practice": f"{OFFICE}|1"}, follow=True)
    assert said(answer) == ["The practice is authorised."]
    row.refresh_from_db()
    assert (row.state, row.office_id, row.status_map["no_show"]) == ("active", OFFICE, "Broken")
    assert "Valid for 23 h; renewed by itself." in text(answer)
    assert [
        secret for secret in (row.secret_key, row.request_key, row.refresh_key) if secret in text(answer)
    ] == []


@pytest.mark.parametrize(("fault", "sentence"), [
    (Fault(Kind.ANSWER, path="practices", status=500), "cannot be reached. Try again"),
    (Fault(Kind.ANSWER, path="practices", status=422), "refused or could not be understood"),
    (Fault(Kind.ANSWER, path="practices", status=401), "does not accept our keys"),
])  # fmt: skip
def test_what_the_outside_does_wrong_is_a_sentence(
    admin: Client, sikka: SikkaTwin, fault: Fault, sentence: str
) -> None:
    sikka.faults.add(fault)
    answer = admin.get(do(make_integration(), "authorise"))
    assert (answer.status_code, sentence in text(answer)) == (200, True)


def test_a_practice_of_another_integration_cannot_be_chosen(admin: Client, sikka: SikkaTwin) -> None:
    make_stored(name="Quay Dental")
    row = make_integration()
    shown = text(admin.get(do(row, "authorise")))
    assert ("Linked to Quay Dental already." in shown, "None of them is left" in shown) == (True, True)
    assert "Authorise </button>" not in shown
    answer = admin.post(do(row, "authorise"), {"practice": f"{OFFICE}|1"})
    assert said(answer) == ["Another integration is linked to this practice already."]


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_outside_is_asked(
    admin: Client, sikka: SikkaTwin, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_then: list[bool] = []

    def listening(*_args: Any, **_more: Any) -> Any:
        open_then.append(connection.in_atomic_block)
        return []

    monkeypatch.setattr("integrations.pms.sikka.system.SikkaSystem.practices", listening)
    row = make_integration()
    admin.get(do(row, "authorise"))
    admin.post(do(row, "authorise"), {"practice": f"{OFFICE}|1"})
    assert open_then == [False, False, False]


def test_a_key_is_renewed_by_hand(admin: Client, desk: Desk) -> None:
    before = desk.integration.version
    assert admin.get(do(desk.integration, "renew")).status_code == 200
    desk.integration.refresh_from_db()
    assert desk.integration.version == before
    answer = admin.post(do(desk.integration, "renew"), follow=True)
    assert said(answer) == ["The practice has given another key."]
    desk.integration.refresh_from_db()
    assert desk.integration.version == before + 1


def test_a_renewal_by_hand_ends_the_pause(admin: Client, desk: Desk) -> None:
    desk.book()
    for _ in range(line.PATIENCE):
        line.note_failure(desk.integration, Unavailable("unreachable"))
    shown = text(admin.get(page(desk.integration)))
    assert "unreachable; asked again in 1 min" in shown or "unreachable; asked again in 30" in shown
    assert "waits: unreachable; asked again" in text(admin.get(page(PmsWriteback)))
    admin.post(do(desk.integration, "renew"))
    WRITEBACKS.run()
    assert states() == ["submitted", "pending"]
    assert not Alert.objects.active().filter(kind="pms_unreachable").exists()
    assert "asked again" not in text(admin.get(page(desk.integration)))


@pytest.mark.parametrize(("change", "reason"), [
    ({"state": "disabled"}, "waits: the practice is switched off"),
    ({"state": "needs_authorisation"}, "waits: the practice must be authorised"),
    ({"writeback_allowed": False}, "waits: writing to the practice is not allowed"),
    ({"writeback_in_plan": False}, "waits: writing is not in the plan"),
    ({}, ""),
])  # fmt: skip
def test_what_a_writeback_waits_for_is_said(admin: Client, change: dict[str, Any], reason: str) -> None:
    make_writeback(make_stored(**change), make_contact())
    shown = text(admin.get(page(PmsWriteback)))
    assert (reason in shown, "waits:" in shown) == (True, bool(reason))


def form_of(row: PmsIntegration, **fields: str) -> dict[str, str]:
    inline = {
        "provider_links-TOTAL_FORMS": "0", "provider_links-INITIAL_FORMS": "0",
        "provider_links-MIN_NUM_FORMS": "0", "provider_links-MAX_NUM_FORMS": "1000",
    }  # fmt: skip
    words = {f"status_{ours}": theirs for ours, theirs in row.status_map.items()}
    return {
        "name": row.name,
        "time_zone": row.time_zone,
        "writeback_allowed": "on",
        **words,
        **inline,
        **fields,
    }


def test_settings_and_words_are_changed(admin: Client) -> None:
    row = make_stored()
    answer = admin.post(page(row), form_of(row, name="Quay", status_cancelled="Off", status_no_show=""))
    assert answer.status_code == 302
    row.refresh_from_db()
    assert (row.name, row.status_map) == ("Quay", {"cancelled": "Off", "confirmed": "Confirmed"})


def test_a_provider_is_linked_and_taken_away(admin: Client) -> None:
    row, provider = make_stored(), make_provider()
    new = {
        "provider_links-TOTAL_FORMS": "1", "provider_links-0-provider": str(provider.pk),
        "provider_links-0-remote_id": "DOC2", "provider_links-0-operatory": "OP2",
        "provider_links-0-integration": str(row.pk),
    }  # fmt: skip
    assert admin.post(page(row), form_of(row, **new)).status_code == 302
    link = ProviderLink.objects.get()
    assert (link.provider_id, link.remote_id, link.operatory) == (provider.pk, "DOC2", "OP2")
    gone = {
        "provider_links-TOTAL_FORMS": "1", "provider_links-INITIAL_FORMS": "1",
        "provider_links-0-id": str(link.pk), "provider_links-0-integration": str(row.pk),
        "provider_links-0-DELETE": "on",
    }  # fmt: skip
    assert admin.post(page(row), form_of(row, **gone)).status_code == 302
    assert not ProviderLink.objects.exists()


def test_reading_and_switching_are_buttons(admin: Client) -> None:
    row = make_stored()
    admin.post(do(row, "sync"))
    assert SyncState.objects.get().integration_id == row.pk
    for name, state in (("switch-off", "disabled"), ("switch-on", "active")):
        admin.post(do(row, name))
        row.refresh_from_db()
        assert row.state == state


@pytest.mark.parametrize("name", ["authorise", "renew"])
def test_staff_read_a_practice_and_change_none_of_it(name: str, sikka: SikkaTwin) -> None:
    row, staff = make_stored(), office(Role.STAFF)
    shown = text(staff.get(page(row)))
    assert ("Read now" in shown, "Authorise" in shown, "Switch off" in shown) == (True, False, False)
    assert [word in shown for word in row.status_map.values()] == [True, True, True]
    assert staff.get(do(row, name)).status_code == 403
    assert sikka.calls == []


@pytest.mark.parametrize("name", ["keep-ours", "keep-theirs"])
def test_a_conflict_shows_both_values_and_is_settled(desk: Desk, practice: Practice, name: str) -> None:
    patient = practice.patient()
    practice.appointment(patient, tomorrow(15))
    practice.sync()
    contact = Contact.objects.get()
    conflict = make_conflict(desk.integration, contact)
    PmsConflict.objects.update(remote_id=patient)
    staff = office(Role.STAFF)
    shown = text(staff.get(page(conflict)))
    assert ("Ada Example" in shown, "Ada Sample" in shown, "Both sides have changed it" in shown) == (
        True,
    ) * 3
    staff.post(do(conflict, name))
    contact.refresh_from_db()
    assert contact.name == {"keep-ours": "Ada Example", "keep-theirs": "Ada Sample"}[name]
    assert conflicts() == []
    assert "Kept: " in text(staff.get(page(conflict)))


def test_making_way_is_asked_for_twice(desk: Desk, practice: Practice) -> None:
    make_booking(desk.provider, make_contact(name="Holder"), at=tomorrow(15))
    practice.appointment(practice.patient(), tomorrow(15))
    practice.sync()
    staff, conflict = office(Role.STAFF), PmsConflict.objects.get()
    shown = text(staff.get(page(conflict)))
    assert ("No seat is free at that time here." in shown, "In its way" in shown, "Holder, " in shown) == (
        True,
    ) * 3
    assert "are cancelled" in text(staff.get(do(conflict, "make-way")))
    assert len(bookings()) == 1
    staff.post(do(conflict, "make-way"))
    assert [status for *_, status in bookings()] == ["cancelled", "pending"]


def test_whoever_says_who_a_patient_is_sees_how_each_is_reached(desk: Desk, practice: Practice) -> None:
    make_contact(name="Bea Example", email="ada@example.com", phone="+12125550177")
    practice.appointment(practice.patient(), tomorrow(15))
    practice.sync()
    at = tomorrow(15).astimezone(desk.integration_zone)
    shown = text(office(Role.STAFF).get(page(PmsConflict.objects.get())))
    wanted = (
        "ada@example.com · +12125550177",
        "ada@example.com · +12125550101",
        f"{at.day} {at:%b %Y, %H:%M}",
    )
    assert [word for word in wanted if word not in shown] == []


def test_a_patient_is_linked_to_the_contact_that_is_chosen(desk: Desk, practice: Practice) -> None:
    practice.appointment(practice.patient(email="", cell=""), tomorrow(15))
    practice.sync()
    contact, conflict = make_contact(name="Ada E."), PmsConflict.objects.get()
    answer = office(Role.STAFF).post(do(conflict, "new-contact"), follow=True)
    assert said(answer) == [NoAddressOfTheirOwn.detail]
    office(Role.STAFF).post(do(conflict, "another-contact"), {"contact": contact.pk})
    assert [name for name, *_ in bookings()] == ["Ada E."]


@pytest.mark.parametrize("rows", [1, 3])
def test_a_list_costs_the_same_however_long_it_is(desk: Desk, practice: Practice, rows: int) -> None:
    for n in range(rows):
        patient = practice.patient(firstname=f"Pat{n}", email=f"pat{n}@example.com", cell="")
        practice.appointment(patient, tomorrow(9 + n))
    practice.sync()
    staff = office(Role.STAFF)
    staff.get(page(AppointmentMirror))
    with CaptureQueriesContext(connection) as asked:
        shown = staff.get(page(AppointmentMirror))
    assert (text(shown).count("Check-up"), len(asked)) == (rows, 9)
