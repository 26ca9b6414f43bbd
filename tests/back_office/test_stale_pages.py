"""Pages of the back office that stood open while another person changed the row."""

from decimal import Decimal
from typing import Any

import pytest

from accounts.enums import Role
from accounts.models import User
from accounts.services.users import update_user
from bookings import services as bookings
from bookings.models import OpeningHours, Provider
from careops.core.models import Event
from connections.services import referrals
from integrations.pms.services import integrations
from inventory.models import StockMovement
from messaging.models import Message
from messaging.services.contacts import update_contact
from tests.factories.accounts import make_user
from tests.factories.bookings import make_booking, make_provider, tomorrow
from tests.factories.forms import Tab
from tests.factories.inventory import make_item, move
from tests.factories.messaging import make_contact
from tests.factories.office import errors, office, page, said
from tests.factories.pms import make_integration
from tests.factories.referrals import make_referral

pytestmark = pytest.mark.django_db


@pytest.fixture
def colleague() -> User:
    return make_user(Role.ADMIN, name="Ada Colleague")


def rows_of(provider: Provider) -> list[tuple[int, str, str]]:
    found = provider.opening_hours.order_by("weekday", "opens").values_list("weekday", "opens", "closes")
    return list(found)


def test_notes_of_a_booking_are_saved_and_its_new_time_stays(colleague: User) -> None:
    booking = make_booking(at=tomorrow(10))
    tab = Tab(office("staff"), page(booking))
    bookings.reschedule(booking=booking, actor=colleague, at=tomorrow(15))
    moved = set(Message.objects.filter(rule="booking_rescheduled").values_list("pk", flat=True))

    answer = tab.save(notes="Brings a wheelchair")

    booking.refresh_from_db()
    assert (answer.status_code, booking.scheduled_at, booking.notes) == (
        302,
        tomorrow(15),
        "Brings a wheelchair",
    )
    assert set(Message.objects.filter(rule="booking_rescheduled").values_list("pk", flat=True)) == moved
    assert [event.data["fields"] for event in Event.objects.filter(name="booking.updated")] == [["notes"]]


def test_the_same_time_changed_twice_is_refused_beside_it_and_the_second_save_counts(colleague: User) -> None:
    booking = make_booking(make_provider(time_zone="UTC"), at=tomorrow(10))
    tab = Tab(office("staff"), page(booking))
    bookings.reschedule(booking=booking, actor=colleague, at=tomorrow(15))

    answer = tab.save(starts_1="16:00", notes="Moved by phone")

    (refusal,) = errors(answer)["starts"]
    assert refusal.startswith("Ada Colleague on ")
    assert f"from “{tomorrow():%Y-%m-%d} 10:00” to “{tomorrow():%Y-%m-%d} 15:00”" in refusal
    booking.refresh_from_db()
    assert (booking.scheduled_at, booking.notes) == (tomorrow(15), "")
    assert (tab.sent["starts_1"], tab.sent["notes"]) == (["16:00"], ["Moved by phone"])
    assert tab.save().status_code == 302
    booking.refresh_from_db()
    assert (booking.scheduled_at, booking.notes) == (tomorrow(16), "Moved by phone")


def test_what_was_typed_into_a_field_that_is_closed_now_is_said(colleague: User) -> None:
    booking = make_booking(at=tomorrow(10))
    tab = Tab(office("staff"), page(booking))
    bookings.cancel(booking=booking, actor=colleague)

    answer = tab.save(minutes="45", notes="Longer")

    (refusal,) = errors(answer)["__all__"]
    assert "Ada Colleague" in refusal
    assert "“45”" in refusal
    assert tab.sent["notes"] == ["Longer"]
    assert tab.save().status_code == 302
    booking.refresh_from_db()
    assert (booking.notes, booking.duration_minutes) == ("Longer", 30)


def test_a_corrected_address_stays_when_notes_are_saved(colleague: User) -> None:
    contact = make_contact(email="old@example.com")
    tab = Tab(office("staff"), page(contact))
    update_contact(contact=contact, actor=colleague, email="new@example.com", phone="+15550177")

    assert tab.save(notes="Prefers mornings").status_code == 302

    contact.refresh_from_db()
    assert (contact.email, contact.phone, contact.notes) == (
        "new@example.com",
        "+15550177",
        "Prefers mornings",
    )


def test_a_level_that_was_used_meanwhile_is_no_false_correction(colleague: User) -> None:
    item = make_item(quantity=10)
    tab = Tab(office("admin"), page(item))
    move(item, -3)

    assert tab.save(name="Gloves, large").status_code == 302
    item.refresh_from_db()
    assert (item.name, item.quantity) == ("Gloves, large", Decimal(7))
    assert not StockMovement.objects.filter(reason="adjusted").exists()


def test_a_level_that_two_people_count_is_refused_beside_it() -> None:
    item = make_item(quantity=10)
    tab = Tab(office("admin"), page(item))
    move(item, -3)

    answer = tab.save(on_hand="9")

    (refusal,) = errors(answer)["on_hand"]
    assert ("“10”" in refusal, "“7”" in refusal) == (True, True)
    item.refresh_from_db()
    assert item.quantity == Decimal(7)
    assert tab.save().status_code == 302
    item.refresh_from_db()
    assert item.quantity == Decimal(9)


def test_a_provider_stays_off_and_in_its_zone_when_the_phone_is_saved(colleague: User) -> None:
    provider = make_provider(time_zone="UTC")
    tab = Tab(office("staff"), page(provider))
    bookings.update_provider(provider=provider, actor=colleague, is_active=False, time_zone="Europe/Berlin")

    assert tab.save(phone="+15550123").status_code == 302

    provider.refresh_from_db()
    assert (provider.is_active, provider.time_zone, provider.phone) == (False, "Europe/Berlin", "+15550123")


def test_a_person_who_was_deactivated_stays_so_when_the_name_is_saved(colleague: User) -> None:
    user = make_user(Role.STAFF, name="Sam Old")
    tab = Tab(office("admin"), page(user))
    update_user(user=user, actor=colleague, is_active=False, role=Role.CLIENT)

    assert tab.save(name="Sam New").status_code == 302

    user.refresh_from_db()
    assert (user.name, user.is_active, user.role) == ("Sam New", False, Role.CLIENT)


def test_a_practice_keeps_what_a_colleague_set(colleague: User) -> None:
    practice = make_integration()
    tab = Tab(office("admin"), page(practice))
    integrations.update(
        integration=practice, actor=colleague, writeback_allowed=not practice.writeback_allowed,
        status_map={"confirmed": "Fixed"},
    )  # fmt: skip
    allowed = type(practice).objects.get().writeback_allowed

    assert tab.save(name="Practice by the park", status_pending="Open").status_code == 302

    practice.refresh_from_db()
    assert (practice.name, practice.writeback_allowed) == ("Practice by the park", allowed)
    assert practice.status_map == {"confirmed": "Fixed", "pending": "Open"}


def test_a_referral_keeps_its_answer(colleague: User) -> None:
    referral = make_referral()
    tab = Tab(office("staff"), page(referral))
    referrals.update(referral=referral, actor=colleague, notes="Please call first", urgency="urgent")

    assert tab.save(reason="A second opinion").status_code == 302

    referral.refresh_from_db()
    assert (referral.reason, referral.notes, referral.urgency) == (
        "A second opinion", "Please call first", "urgent",
    )  # fmt: skip


def replace(provider: Provider, actor: Any, *week: tuple[int, int, int]) -> None:
    rows = [
        {"weekday": day, "opens": f"{opens:02}:00", "closes": f"{closes:02}:00"}
        for day, opens, closes in week
    ]
    bookings.replace_hours(provider=provider, actor=actor, week=rows)


def test_replaced_opening_hours_stay_when_something_else_is_saved(colleague: User) -> None:
    provider = make_provider(time_zone="UTC")
    OpeningHours.objects.create(provider=provider, weekday=0, opens="09:00", closes="12:00")
    tab = Tab(office("staff"), page(provider))
    replace(provider, colleague, (0, 10, 14), (1, 10, 14))

    assert tab.save(phone="+15550123").status_code == 302

    provider.refresh_from_db()
    assert provider.phone == "+15550123"
    assert rows_of(provider) == [(0, "10:00", "14:00"), (1, "10:00", "14:00")]


def test_replaced_opening_hours_are_shown_anew_and_nothing_typed_is_lost(colleague: User) -> None:
    provider = make_provider(time_zone="UTC")
    OpeningHours.objects.create(provider=provider, weekday=0, opens="09:00", closes="12:00")
    tab = Tab(office("staff"), page(provider))
    replace(provider, colleague, (0, 10, 14), (1, 10, 14))
    new_row = {
        "opening_hours-TOTAL_FORMS": 2, "opening_hours-1-weekday": 4, "opening_hours-1-opens": "08:00",
        "opening_hours-1-closes": "09:00", "opening_hours-1-provider": provider.pk, "opening_hours-1-id": "",
    }  # fmt: skip

    answer = tab.save(phone="+15550123", **{"opening_hours-0-opens": "08:00", **new_row})

    formset = next(
        each.formset
        for each in answer.context["inline_admin_formsets"]
        if each.formset.prefix == "opening_hours"
    )
    (refusal,) = formset.non_form_errors()
    assert refusal.startswith("Ada Colleague on ")
    assert "08:00" in refusal
    assert rows_of(provider) == [(0, "10:00", "14:00"), (1, "10:00", "14:00")]
    assert (tab.sent["phone"], tab.sent["opening_hours-0-opens"], tab.sent["opening_hours-2-opens"]) == (
        ["+15550123"], ["10:00"], ["08:00"],
    )  # fmt: skip
    assert tab.save(**{"opening_hours-0-opens": "08:00"}).status_code == 302
    provider.refresh_from_db()
    assert provider.phone == "+15550123"
    assert rows_of(provider) == [(0, "08:00", "14:00"), (1, "10:00", "14:00"), (4, "08:00", "09:00")]


def test_a_row_that_a_colleague_changed_is_not_removed_unseen(colleague: User) -> None:
    provider = make_provider(time_zone="UTC")
    hours = OpeningHours.objects.create(provider=provider, weekday=0, opens="09:00", closes="12:00")
    tab = Tab(office("staff"), page(provider))
    bookings.change(hours, actor=colleague, closes="18:00")

    answer = tab.save(**{"opening_hours-0-DELETE": "on"})

    formset = next(
        each.formset
        for each in answer.context["inline_admin_formsets"]
        if each.formset.prefix == "opening_hours"
    )
    assert "Ada Colleague" in formset.non_form_errors()[0]
    assert rows_of(provider) == [(0, "09:00", "18:00")]
    assert tab.save().status_code == 302
    assert rows_of(provider) == []


@pytest.mark.parametrize("verb", ["do/confirm", "do/cancel", "delete"])
def test_a_page_that_asks_does_not_act_on_what_it_has_not_shown(colleague: User, verb: str) -> None:
    booking = make_booking(at=tomorrow(10))
    browser = office("admin")
    tab = Tab(browser, page(booking, verb))
    bookings.reschedule(booking=booking, actor=colleague, at=tomorrow(15))

    answer = browser.post(page(booking, verb), tab.sent, follow=True)

    shown = answer.content.decode()
    assert "Ada Colleague on " in shown
    assert "Look at it as it is now" in shown
    booking.refresh_from_db()
    assert booking.status == "pending"
    Tab(browser, page(booking, verb)).save()
    assert not type(booking).objects.filter(pk=booking.pk, status="pending").exists()


def test_a_button_on_a_list_leaves_out_what_has_changed(colleague: User) -> None:
    first, second = make_booking(at=tomorrow(10)), make_booking(at=tomorrow(10))
    browser = office("staff")
    tab = Tab(browser, page(type(first)))
    bookings.reschedule(booking=second, actor=colleague, at=tomorrow(15))

    chosen = {**tab.sent, "action": "confirm", "_selected_action": [first.pk, second.pk]}
    answer = browser.post(page(type(first)), chosen, follow=True)

    second.refresh_from_db()
    first.refresh_from_db()
    assert (first.status, second.status) == ("confirmed", "pending")
    assert "Ada Colleague on " in said(answer)[1]


def test_lines_of_text_count_as_one_text_however_a_browser_breaks_them(colleague: User) -> None:
    contact = make_contact(email="a@example.com")
    update_contact(contact=contact, actor=colleague, notes="one\ntwo")
    before = Event.objects.count()

    assert Tab(office("staff"), page(contact)).save().status_code == 302

    contact.refresh_from_db()
    assert (contact.notes, Event.objects.count()) == ("one\ntwo", before)


def test_a_sender_without_the_pages_snapshot_is_taken_to_have_seen_what_is_stored() -> None:
    contact = make_contact(email="a@example.com")
    answer = office("staff").post(page(contact), {"name": "Other", "email": "a@example.com", "notes": "n"})
    contact.refresh_from_db()
    assert (answer.status_code, contact.name, contact.notes) == (302, "Other", "n")


def test_without_the_snapshot_of_the_page_the_old_time_would_come_back(colleague: User) -> None:
    """The control: what the mechanism prevents is what a form without it does."""
    booking = make_booking(make_provider(time_zone="UTC"), at=tomorrow(10))
    tab = Tab(office("staff"), page(booking))
    bookings.reschedule(booking=booking, actor=colleague, at=tomorrow(15))
    del tab.sent["_snapshot"]

    assert tab.save(notes="Brings a wheelchair").status_code == 302

    booking.refresh_from_db()
    assert booking.scheduled_at == tomorrow(10)


def test_a_snapshot_that_cannot_be_read_is_refused_and_nothing_typed_is_lost() -> None:
    contact = make_contact(email="a@example.com")
    tab = Tab(office("staff"), page(contact))
    answer = tab.save(_snapshot="forged", notes="Typed")
    assert "Compare every field" in errors(answer)["__all__"][0]
    assert tab.sent["notes"] == ["Typed"]
    assert tab.save().status_code == 302
