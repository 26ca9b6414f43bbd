"""Every page of the back office, opened by admins and by staff."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db import models, transaction
from django.utils import timezone
from django_q.models import Failure, OrmQ, Schedule, Success

from accounts.enums import MailKind
from accounts.models import AccountMail, SignIn, User
from bookings.models import Booking, Closure, OpeningHours, Provider, Service
from careops.core.alerts import TASK_FAILED, raise_alert
from careops.core.events import emit
from careops.core.models import AccessRecord, Alert, Event, HandlerRun
from connections.models import (
    Activity,
    ActivityInvite,
    Connection,
    Invitation,
    Notice,
    Referral,
    ReferralFile,
)
from connections.services.requests import invite_client
from integrations.nocodebackend.models import Instance, ReferralSync
from integrations.pms.models import (
    AppointmentMirror,
    PatientMirror,
    PmsConflict,
    PmsIntegration,
    PmsWriteback,
)
from inventory.models import Item, Lot, RecipeLine, StockMovement
from inventory.services import write_recipe
from messaging.models import Contact, Message, MessageTemplate
from tests.factories.accounts import granted, make_user
from tests.factories.bookings import (
    make_booking,
    make_closure,
    make_provider,
    make_service,
    open_hours,
    tomorrow,
)
from tests.factories.connections import make_activity, make_invite, make_professional, make_request
from tests.factories.inventory import make_item, make_lot, move
from tests.factories.messaging import make_contact, make_message
from tests.factories.office import errors, office, page
from tests.factories.pms import make_conflict, make_integration, make_writeback
from tests.factories.referrals import make_referral, make_referral_file

pytestmark = pytest.mark.django_db


def make_event() -> Event:
    with transaction.atomic():
        return emit("provider.updated", subject=make_provider(), actor=None, fields=["name"])


def make_access_record() -> AccessRecord:
    return AccessRecord.objects.create(
        action="read", door="api", method="GET", route="/api/contacts", person_ids=[1]
    )


def make_alert() -> Alert:
    raise_alert(TASK_FAILED, subject="a.task")
    return Alert.objects.get()


def make_handler_run() -> HandlerRun:
    return HandlerRun.objects.create(event=make_event(), handler="a.handler", dedup_key="run")


def make_sign_in() -> SignIn:
    granted(make_user())
    return SignIn.objects.get()


def make_mail() -> AccountMail:
    return AccountMail.objects.create(user=make_user(), kind=MailKind.CONFIRM_EMAIL, dedup_key="mail")


def make_line() -> RecipeLine:
    service, item = make_service(make_provider()), make_item()
    write_recipe(service=service, amounts={item.pk: Decimal(1)}, actor=None)
    return RecipeLine.objects.get()


def make_invitation() -> Invitation:
    invite_client(professional=make_professional(), email="new@example.com")
    return Invitation.objects.get()


def make_sync() -> ReferralSync:
    return ReferralSync.objects.create(referral=make_referral(), instance="10001_exampledb", dedup_key="sync")


def make_notice() -> Notice:
    make_request()
    return Notice.objects.get()


def make_task(model: type[models.Model], success: bool) -> models.Model:
    now = timezone.now()
    times = {"started": now, "stopped": now}
    return model._default_manager.create(id="t", name="t", func="a.task", success=success, **times)


MAKE: dict[type[models.Model], Callable[[], models.Model]] = {
    User: make_user,
    SignIn: make_sign_in,
    AccountMail: make_mail,
    Contact: make_contact,
    Message: make_message,
    MessageTemplate: lambda: MessageTemplate.objects.create(key="welcome", body="Hello"),
    Provider: make_provider,
    Service: lambda: make_service(make_provider()),
    OpeningHours: lambda: open_hours(make_provider())[0],
    Closure: lambda: make_closure(make_provider(), tomorrow(), tomorrow() + timedelta(hours=1)),
    Booking: make_booking,
    Item: make_item,
    Lot: lambda: make_lot(make_item()),
    StockMovement: lambda: move(make_item(), -1),
    RecipeLine: make_line,
    Connection: make_request,
    Activity: make_activity,
    ActivityInvite: lambda: make_invite(make_activity(), make_user()),
    Invitation: make_invitation,
    Notice: make_notice,
    Referral: make_referral,
    ReferralFile: make_referral_file,
    PmsIntegration: make_integration,
    PmsWriteback: lambda: make_writeback(make_integration(), make_contact()),
    PmsConflict: lambda: make_conflict(make_integration(), make_contact()),
    AppointmentMirror: lambda: make_integration().appointment_mirrors.create(remote_id="70001"),
    PatientMirror: lambda: make_integration().patient_mirrors.create(remote_id="70001"),
    Event: make_event,
    AccessRecord: make_access_record,
    ReferralSync: make_sync,
    Instance: lambda: Instance.objects.create(name="10001_exampledb"),
    Alert: make_alert,
    HandlerRun: make_handler_run,
    Schedule: lambda: Schedule.objects.create(name="tick", func="a.task", minutes=1, schedule_type="I"),
    OrmQ: lambda: OrmQ.objects.create(key="careops", payload="not a pickle", lock=timezone.now()),
    Success: lambda: make_task(Success, True),
    Failure: lambda: make_task(Failure, False),
}
PAGES = ("list", "add", "change", "post", "history", "delete")
LOOK = (200, 403, 200, 403, 200, 403)  # a table that is only looked at
FULL = (200, 200, 200, 200, 200, 200)
NONE = (403, 403, 403, 403, 403, 403)
LISTED = (200, 403, 302, 403, 302, 403)  # rows without a page of their own
# What each page answers to an admin and to staff; "post" is an empty form sent to the object's page.
EXPECTED: dict[type[models.Model], tuple[tuple[int, ...], tuple[int, ...]]] = {
    User: ((200, 200, 200, 200, 200, 403), LOOK),
    SignIn: (LOOK, NONE),
    AccountMail: (LOOK, NONE),
    Contact: (FULL, (200, 200, 200, 200, 200, 403)),
    Message: (LOOK, LOOK),
    MessageTemplate: (FULL, LOOK),
    Provider: (FULL, (200, 403, 200, 200, 200, 403)),
    Service: (FULL, FULL),
    OpeningHours: (FULL, FULL),
    Closure: (FULL, FULL),
    Booking: (FULL, (200, 200, 200, 200, 200, 403)),
    Item: ((200, 200, 200, 200, 200, 403), LOOK),
    Lot: ((200, 403, 200, 200, 200, 403), LOOK),
    StockMovement: (LOOK, LOOK),
    RecipeLine: (FULL, FULL),
    Connection: (LOOK, LOOK),
    Activity: (LOOK, LOOK),
    ActivityInvite: (LOOK, LOOK),
    Invitation: (LOOK, NONE),
    Notice: (LOOK, LOOK),
    Referral: (FULL, (200, 200, 200, 200, 200, 403)),
    ReferralFile: ((200, 403, 200, 403, 200, 200), (200, 403, 200, 403, 200, 200)),
    ReferralSync: (LOOK, LOOK),
    Instance: (LOOK, LOOK),
    PmsIntegration: (FULL, LOOK),
    PmsWriteback: (LOOK, LOOK),
    PmsConflict: (LOOK, LOOK),
    AppointmentMirror: (LOOK, LOOK),
    PatientMirror: (LOOK, LOOK),
    Event: (LOOK, LOOK),
    AccessRecord: (LOOK, NONE),
    Alert: (LOOK, LOOK),
    HandlerRun: (LOOK, LOOK),
    Schedule: (LOOK, NONE),
    OrmQ: (LISTED, NONE),
    Success: (LOOK, NONE),
    Failure: (LOOK, NONE),
}


def test_every_registered_table_is_in_the_expectations() -> None:
    assert set(admin.site._registry) == set(EXPECTED) == set(MAKE)


@pytest.mark.parametrize("model", EXPECTED, ids=lambda model: model._meta.label_lower)
@pytest.mark.parametrize(("index", "role"), [(0, "admin"), (1, "staff")], ids=["admin", "staff"])
def test_pages_answer_by_role(model: type[models.Model], index: int, role: str) -> None:
    obj, browser = MAKE[model](), office(role)
    answers = (
        browser.get(page(model)),
        browser.get(page(model, "add/")),
        browser.get(page(obj)),
        browser.post(page(obj), {}),
        browser.get(page(obj, "history")),
        browser.get(page(obj, "delete")),
    )
    found = dict(zip(PAGES, (answer.status_code for answer in answers), strict=True))
    assert found == dict(zip(PAGES, EXPECTED[model][index], strict=True))
    assert LogEntry.objects.count() == 0


@pytest.mark.parametrize("role", ["client", "professional"])
def test_nobody_else_gets_in(role: str) -> None:
    browser = office(role)
    assert {browser.get(page(model)).status_code for model in EXPECTED} == {302}


@pytest.mark.parametrize("model", [OrmQ, Schedule, Success, Failure])
def test_the_queue_is_only_looked_at_and_its_pickles_stay_packed(model: type[models.Model]) -> None:
    row, browser = MAKE[model](), office("admin")
    rows = list(model._default_manager.values())
    browser.post(page(model), {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
    browser.post(page(row, "delete"), {"post": "yes"})
    browser.post(page(row), {"name": "other", "func": "os.system"})
    assert list(model._default_manager.values()) == rows
    assert "not a pickle" not in browser.get(page(model)).content.decode()


def test_what_is_not_there_leads_back_with_a_sentence() -> None:
    answer = office("admin").get("/admin/bookings/booking/999999/change/", follow=True)
    assert "doesn’t exist" in answer.content.decode()


def test_an_unknown_verb_is_not_found() -> None:
    assert office("admin").get(page(make_booking(), "do/explode")).status_code == 404


@pytest.mark.parametrize(
    "query",
    ["?q=%00", "?scheduled_at_to=9999-12-31", "?scheduled_at_from=%00", "?provider__id__exact=abc", "?day=x", "?p=x",
     "99999999999999999999999/change/", "abc/change/", "%00/history/", "add/?contact=99999999999999999999999",
     "add/?contact=%00", "?o=99.x", "1/do/confirm/", "?id__regex=(", "?id__range=1", "?created_at__year=99999999999999",
     f"?q={'a+' * 1500}", f"choices/?term={'a+' * 1500}"],
)  # fmt: skip
def test_a_strange_address_is_no_fault(query: str) -> None:
    assert office("admin").get(f"{page(Booking)}{query}").status_code in {200, 302}


def test_a_search_of_very_many_words_looks_for_the_first_ones() -> None:
    contact, browser = make_contact(name="a b c d e f g h"), office("staff")

    found = browser.get(f"{page(Contact)}?q={'a b c d e f g h ' * 300}")

    assert list(found.context["cl"].result_list) == [contact]


@pytest.mark.parametrize(
    "fields",
    [
        {"contact": "abc", "provider": "99999999999999999999999", "starts_0": "x", "starts_1": "99"},
        {"starts_0": "9999-12-31", "starts_1": "23:59", "minutes": "99999999999", "notes": "\x00"},
        {"starts_0": "0001-01-01", "starts_1": "00:00"},
    ],
)
def test_a_strange_form_is_shown_again(fields: dict[str, str]) -> None:
    sent = {"contact": make_contact().pk, "provider": make_provider().pk} | fields
    answer = office("admin").post(page(Booking, "add/"), sent)
    assert (answer.status_code, "starts" in errors(answer), Booking.objects.count()) == (200, True, 0)


def test_a_choice_that_is_no_key_is_refused() -> None:
    answer = office("admin").post(page(Booking), {"action": "confirm", "_selected_action": ["abc"]})
    assert answer.status_code == 400


def test_the_sidebar_counts_open_alerts_and_draws_no_box_without_one() -> None:
    box = "rounded-xs text-[11px] text-center text-red-700"
    staff = office("staff")
    assert box not in staff.get("/admin/").content.decode()
    make_alert()
    shown = staff.get("/admin/").content.decode()
    assert shown.count(box) == shown.count('dark:text-red-400">1</span>') > 0


def test_no_row_of_a_page_is_so_full_that_its_fields_overlap() -> None:
    rows = [
        (table.__name__, row)
        for table, page_of in admin.site._registry.items()
        for row in [
            *(page_of.fields or ()),
            *(row for _, more in page_of.fieldsets or () for row in more["fields"]),
        ]
    ]
    assert len(rows) > 50
    assert [row for row in rows if isinstance(row[1], tuple | list) and len(row[1]) > 3] == []
