"""Critical alerts are mailed to the admins, once each, through the outbox."""

from pathlib import Path

import pytest

from accounts.enums import Role
from accounts.models import AccountMail
from accounts.tasks import deliver_account_mail, tell_of_critical_alerts
from careops.core import queue
from careops.core.alerts import HANDLER_FAILED, WORKER_RESTARTED, dismiss, raise_alert, resolve_alert
from careops.core.models import Alert
from tests.factories.accounts import make_user
from tests.factories.links import link_in, mails_in

pytestmark = pytest.mark.django_db
NAME = "Zelda Example"


@pytest.fixture
def admins() -> list[str]:
    make_user(Role.ADMIN, is_active=False)
    for role in (Role.STAFF, Role.PROFESSIONAL, Role.CLIENT):
        make_user(role)
    return sorted(make_user(Role.ADMIN, name=NAME).email for _ in range(2))


def receivers(outbox: Path) -> list[str]:
    """The addresses of every mail so far, after one more tick of the worker."""
    tell_of_critical_alerts()
    deliver_account_mail()
    return sorted(mail["To"] for mail in mails_in(outbox))


def test_the_active_admins_and_nobody_else_are_told_once(admins: list[str], outbox: Path) -> None:
    raise_alert(HANDLER_FAILED, subject="x", detail="LookupError")
    assert receivers(outbox) == admins
    raise_alert(HANDLER_FAILED, subject="x", detail="LookupError")  # it happens again while the alert is open
    assert receivers(outbox) == admins


def test_they_are_told_again_when_it_was_resolved_and_comes_back(admins: list[str], outbox: Path) -> None:
    raise_alert(HANDLER_FAILED, subject="x")
    assert receivers(outbox) == admins
    resolve_alert(HANDLER_FAILED, subject="x")
    assert receivers(outbox) == admins
    raise_alert(HANDLER_FAILED, subject="x")
    assert receivers(outbox) == sorted(admins * 2)


def test_each_subject_is_told_of(admins: list[str], outbox: Path) -> None:
    raise_alert(HANDLER_FAILED, subject="x")
    raise_alert(HANDLER_FAILED, subject="y")
    assert receivers(outbox) == sorted(admins * 2)


def test_a_warning_is_not_mailed(admins: list[str], outbox: Path) -> None:
    raise_alert(WORKER_RESTARTED)
    assert receivers(outbox) == []


def test_what_was_dismissed_or_is_over_before_it_went_out_is_not_mailed(
    admins: list[str], outbox: Path
) -> None:
    raise_alert(HANDLER_FAILED, subject="x")
    raise_alert(HANDLER_FAILED, subject="y")
    tell_of_critical_alerts()
    dismiss(alert=Alert.objects.get(subject_type="x"), actor=None)
    resolve_alert(HANDLER_FAILED, subject="y")
    assert receivers(outbox) == []
    assert set(AccountMail.objects.values_list("state", flat=True)) == {"cancelled"}


def test_the_mail_says_what_to_do_and_names_nobody(admins: list[str], outbox: Path) -> None:
    raise_alert(HANDLER_FAILED, subject="x", detail="detail-of-the-alert")
    receivers(outbox)
    mail = mails_in(outbox)[0]
    assert mail["Subject"] == HANDLER_FAILED.title
    text = " ".join(mail.get_content().split())
    assert HANDLER_FAILED.todo in text
    assert link_in(mail).endswith(f"/admin/core/alert/{Alert.objects.get().pk}/change/")
    assert (NAME in text, "detail-of-the-alert" in text) == (False, False)


def test_a_tick_tells_of_it(admins: list[str], outbox: Path) -> None:
    raise_alert(HANDLER_FAILED, subject="x")
    queue.tick()
    assert sorted(mail["To"] for mail in mails_in(outbox)) == admins


@pytest.mark.parametrize("count", [1, 3])
def test_an_alert_that_was_told_of_costs_one_question(
    admins: list[str], django_assert_num_queries: object, count: int
) -> None:
    for n in range(count):
        raise_alert(HANDLER_FAILED, subject=f"x{n}")
    tell_of_critical_alerts()
    with django_assert_num_queries(1):  # type: ignore[operator]
        tell_of_critical_alerts()
