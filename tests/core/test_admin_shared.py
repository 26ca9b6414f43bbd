"""Alerts, events, history and the sidebar of the back office."""

import pytest
import time_machine
from django.db import transaction
from django.test import Client

from accounts.enums import MailKind, Role
from accounts.models import AccountMail
from careops.core.admin import AlertAdmin
from careops.core.alerts import TASK_FAILED, WORKER_RESTARTED, dismiss, raise_alert
from careops.core.context import current_request_id
from careops.core.events import emit
from careops.core.models import Alert, AlertStatus
from inventory.alerts import LOW_STOCK
from tests.factories.accounts import make_user
from tests.factories.bookings import make_booking, make_provider
from tests.factories.office import office, office_of, page, said

pytestmark = pytest.mark.django_db


def an_alert(subject: str = "a.task") -> Alert:
    raise_alert(TASK_FAILED, subject=subject)
    return Alert.objects.get(subject_type=subject)


def test_an_alert_says_what_to_do_and_is_dismissed_by_staff() -> None:
    alert, user = an_alert(), make_user(Role.STAFF)
    browser = office_of(user)
    assert TASK_FAILED.todo.replace("'", "&#x27;") in browser.get(page(alert)).content.decode()
    answer = browser.post(page(alert, "do/dismiss"), follow=True)
    alert.refresh_from_db()
    assert (alert.status, alert.dismissed_by) == (AlertStatus.DISMISSED, user)
    assert said(answer) == ["The alert is dismissed. It comes back when its cause ends and begins again."]
    assert "do/dismiss" not in browser.get(page(alert)).content.decode()


def test_several_alerts_are_dismissed_from_the_list() -> None:
    alerts = [an_alert("one"), an_alert("two")]
    chosen = [alert.pk for alert in alerts]
    form = {"action": "dismiss", "_selected_action": chosen}
    answer = office("staff").post(page(Alert), form, follow=True)
    assert said(answer) == ["Dismiss: 2 of 2 done."]
    assert Alert.objects.active().count() == 0


def test_open_alerts_come_first_and_of_them_the_critical_ones() -> None:
    dismissed, old, new = an_alert("dismissed"), an_alert("old"), an_alert("new")
    raise_alert(WORKER_RESTARTED)
    warning = Alert.objects.get(kind="worker_restarted")
    dismiss(alert=dismissed, actor=make_user(Role.STAFF))
    browser = office("staff")
    assert listed(browser, "") == [new.pk, old.pk, warning.pk, dismissed.pk]
    by_severity = AlertAdmin.list_display.index("shown_severity") + 1
    assert listed(browser, f"?o=-{by_severity}.")[0] == warning.pk


def test_alerts_are_found_by_kind_severity_and_status() -> None:
    failed = an_alert()
    raise_alert(WORKER_RESTARTED)
    restarted = Alert.objects.get(kind="worker_restarted")
    dismiss(alert=restarted, actor=None)
    browser = office("staff")
    for query, found in {
        "kind=task_failed": [failed.pk], "kind=low_stock": [], "severity__exact=warning": [restarted.pk],
        "status__exact=active": [failed.pk], "status__exact=active&kind=worker_restarted": [], "status__exact=active&kind=%00": [failed.pk],
    }.items():  # fmt: skip
        assert (query, listed(browser, f"?{query}")) == (query, found)
    assert (
        f'<option value="low_stock">{LOW_STOCK.title}</option>' in browser.get(page(Alert)).content.decode()
    )


def listed(browser: Client, query: str) -> list[int]:
    return [row.pk for row in browser.get(f"{page(Alert)}{query}").context["cl"].result_list]


def test_an_alert_tells_who_dismissed_it_and_when() -> None:
    with time_machine.travel("2026-11-25T12:00:00Z", tick=False):
        alert, user = an_alert(), make_user(Role.STAFF, name="Sam Staff")
        dismiss(alert=alert, actor=user)
        browser = office("admin")
        assert "Sam Staff, 25 Nov 2026, 12:00 UTC" in browser.get(page(alert)).content.decode()
        user.delete()
        assert "Somebody whose account is gone, 25 Nov" in browser.get(page(alert)).content.decode()


def test_an_alert_leads_to_what_it_is_about() -> None:
    booking = make_booking()
    raise_alert(TASK_FAILED, subject=booking)
    alert = Alert.objects.get()
    browser = office("staff")
    for shown in (page(Alert), page(alert)):
        assert f'href="{page(booking)}"' in browser.get(shown).content.decode()
    assert browser.get(page(booking)).status_code == 200


def test_an_alert_leads_nowhere_where_its_reader_may_not_go() -> None:
    mail = AccountMail.objects.create(user=make_user(), kind=MailKind.CONFIRM_EMAIL, dedup_key="mail")
    raise_alert(TASK_FAILED, subject=mail)
    alert = Alert.objects.get()
    for role, leads in (("staff", False), ("admin", True)):
        browser = office(role)
        assert ("Account mail: " in (text := browser.get(page(alert)).content.decode()), role) == (True, role)
        assert (f'href="{page(mail)}"' in text) is leads
        assert (browser.get(page(mail)).status_code == 200) is leads


def test_history_tells_who_did_what_and_names_no_former_person() -> None:
    provider, actor = make_provider(), make_user(Role.ADMIN, name="Ada Office")
    with transaction.atomic():
        emit("provider.updated", subject=provider, actor=actor, fields=["name", "phone"])
    browser = office("staff")
    text = browser.get(page(provider, "history")).content.decode()
    assert all(part in text for part in ("Provider updated", "Ada Office", "fields: name, phone"))
    actor.delete()
    assert "A former admin" in browser.get(page(provider, "history")).content.decode()


def test_history_names_the_request() -> None:
    browser, provider = office("admin"), make_provider()
    form = {"name": "New name", "sector": "legal", "time_zone": "UTC"}
    numbers = ("capacity", "slot_minutes", "min_notice_minutes", "horizon_days", "cancel_notice_minutes")
    form |= {name: str(getattr(provider, name)) for name in numbers}
    for prefix in ("services", "opening_hours", "closures"):
        form |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
    answer = browser.post(page(provider), form, headers={"X-Request-ID": "front-desk-7"})
    assert answer.status_code == 302
    assert "Request front-desk-7" in browser.get(page(provider, "history")).content.decode()
    assert current_request_id() == ""


def test_the_sidebar_shows_what_the_role_may_see() -> None:
    staff, admin = (
        office("staff").get("/admin/").content.decode(),
        office("admin").get("/admin/").content.decode(),
    )
    for address in ("/admin/bookings/booking/", "/admin/messaging/contact/", "/admin/core/event/"):
        assert (address in staff, address in admin) == (True, True)
    for address in ("/admin/accounts/signin/", "/admin/django_q/schedule/"):
        assert (f'href="{address}"' in staff, f'href="{address}"' in admin) == (False, True)
