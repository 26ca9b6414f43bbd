"""Alerts, events, history and the home page of the back office."""

import pytest
from django.db import transaction

from accounts.enums import Role
from careops.core import clock
from careops.core.alerts import TASK_FAILED, dismiss, raise_alert
from careops.core.context import current_request_id
from careops.core.events import emit
from careops.core.models import Alert, AlertStatus
from tests.factories.accounts import make_user
from tests.factories.bookings import make_booking, make_provider
from tests.factories.office import office, office_of, page, said

pytestmark = pytest.mark.django_db
NASTY = "<script>alert(1)</script>"


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


def test_open_alerts_come_first() -> None:
    old, new = an_alert("old"), an_alert("new")
    dismiss(alert=new, actor=make_user(Role.STAFF))
    rows = office("staff").get(page(Alert)).context["cl"].result_list
    assert [row.pk for row in rows] == [old.pk, new.pk]


def test_an_alert_leads_to_what_it_is_about() -> None:
    booking = make_booking()
    raise_alert(TASK_FAILED, subject=booking)
    assert f'href="{page(booking)}"' in office("staff").get(page(Alert)).content.decode()


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


def test_the_home_page_shows_todays_bookings_and_open_alerts_escaped() -> None:
    provider = make_provider(name=NASTY)
    booking = make_booking(provider, at=clock.now())
    alert = an_alert()
    text = office("staff").get("/admin/").content.decode()
    assert f'href="{page(booking)}"' in text
    assert f'href="{page(alert)}"' in text
    assert NASTY not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_an_empty_day_is_said() -> None:
    text = office("staff").get("/admin/").content.decode()
    assert "Nobody is booked today." in text
    assert "No alert is open." in text


def test_the_sidebar_shows_what_the_role_may_see() -> None:
    staff, admin = (
        office("staff").get("/admin/").content.decode(),
        office("admin").get("/admin/").content.decode(),
    )
    for address in ("/admin/bookings/booking/", "/admin/messaging/contact/", "/admin/core/event/"):
        assert (address in staff, address in admin) == (True, True)
    for address in ("/admin/accounts/signin/", "/admin/django_q/schedule/"):
        assert (f'href="{address}"' in staff, f'href="{address}"' in admin) == (False, True)
