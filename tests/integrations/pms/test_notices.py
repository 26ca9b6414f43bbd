"""Who is told by mail of what cannot go on without a person: once, and nobody else."""

from pathlib import Path

import pytest

from accounts.enums import Role
from accounts.models import AccountMail
from accounts.tasks import deliver_account_mail, tell_of_critical_alerts
from bookings import services
from careops.core.alerts import dismiss
from careops.core.models import Alert
from integrations.pms.tasks import tell_of_alerts
from integrations.sandbox.faults import Fault, Kind
from integrations.sandbox.sikka import OFFICE
from tests.factories.accounts import make_user
from tests.factories.bookings import make_contact, tomorrow
from tests.factories.links import link_in, mails_in
from tests.integrations.pms.desk import Desk, alerts


@pytest.fixture
def admins() -> list[str]:
    made = [make_user(Role.ADMIN), make_user(Role.ADMIN), make_user(Role.ADMIN, is_active=False)]
    return [user.email for user in made[:2]]


def told(outbox: Path) -> list[str]:
    deliver_account_mail()
    return sorted(mail["To"] for mail in mails_in(outbox))


def refuse(desk: Desk) -> None:
    desk.sikka.faults.add(Fault(Kind.ANSWER, path="/appointment$", status=422))


def test_a_lost_authorisation_is_told_to_the_admins_once(desk: Desk, admins: list[str], outbox: Path) -> None:
    desk.sikka.keys.revoke(desk.sikka.offices[OFFICE], secret=True)
    desk.later(hours=20)
    for _ in range(3):
        tell_of_critical_alerts()
        tell_of_alerts()
    assert told(outbox) == sorted(admins)
    mail = mails_in(outbox)[0]
    assert mail["Subject"] == "A practice must be authorised again"
    assert "authorise it again" in " ".join(mail.get_content().split())
    assert link_in(mail).endswith(f"/admin/core/alert/{Alert.objects.get().pk}/change/")


def test_a_failed_booking_is_told_to_whoever_made_it(desk: Desk, admins: list[str], outbox: Path) -> None:
    staff = make_user(Role.STAFF)
    refuse(desk)
    services.book(
        provider_id=desk.provider.pk, who=make_contact(name="Ada Example").pk, at=tomorrow(15), actor=staff
    )
    desk.work(minutes=5)
    tell_of_alerts()
    assert told(outbox) == sorted([*admins, staff.email])
    assert "Ada" not in "".join(mail.get_content() for mail in mails_in(outbox))


def test_an_admin_who_made_it_is_told_once(desk: Desk, outbox: Path) -> None:
    admin = make_user(Role.ADMIN)
    refuse(desk)
    services.book(provider_id=desk.provider.pk, who=make_contact().pk, at=tomorrow(15), actor=admin)
    desk.work(minutes=5)
    tell_of_alerts()
    assert told(outbox) == [admin.email]


def test_a_client_who_booked_is_not_written_to(desk: Desk, admins: list[str], outbox: Path) -> None:
    client = make_user(Role.CLIENT)
    make_contact(user=client)
    refuse(desk)
    services.book(provider_id=desk.provider.pk, who=None, at=tomorrow(15), actor=client)
    desk.work(minutes=5)
    assert [kind for kind, _ in alerts()] == ["pms_writeback_failed"]
    tell_of_alerts()
    assert told(outbox) == sorted(admins)


def test_what_is_over_or_dismissed_is_not_mailed_any_more(
    desk: Desk, admins: list[str], outbox: Path
) -> None:
    refuse(desk)
    desk.book()
    desk.work(minutes=5)
    tell_of_alerts()
    dismiss(alert=Alert.objects.get(), actor=None)
    assert told(outbox) == []
    assert set(AccountMail.objects.values_list("state", "reason")) == {("cancelled", "no_longer_wanted")}


def test_what_ends_by_itself_is_not_mailed(desk: Desk, admins: list[str], outbox: Path) -> None:
    desk.sikka.switch(spu_online=False)
    desk.book()
    desk.work(minutes=31)
    assert alerts() == [("pms_writeback_stuck", "no_answer")]
    tell_of_alerts()
    assert told(outbox) == []
