"""How referrals stand with NoCodeBackend, in the back office: in words, and with a button."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.enums import Role
from careops.core import clock
from careops.core.models import Alert
from connections.services import referrals
from integrations.nocodebackend import tasks
from integrations.nocodebackend.models import Instance, ReferralSync
from integrations.sandbox.faults import Fault, Kind
from integrations.sandbox.nocodebackend import NoCodeBackendTwin
from tests.factories.office import office, page, said
from tests.factories.referrals import make_referral
from tests.integrations.nocodebackend.conftest import push, row_of, sync_of

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


@pytest.fixture
def desk() -> Client:
    return office(Role.STAFF)


def shown(desk: Client, target: Any) -> str:
    answer = desk.get(page(target))
    assert answer.status_code == 200
    return answer.content.decode()


def test_each_state_is_told_in_words(link: NoCodeBackendTwin, desk: Client) -> None:
    referral = make_referral()
    assert "Waits" in shown(desk, ReferralSync)
    push()
    assert "In step" in shown(desk, ReferralSync)
    assert referral.reference in shown(desk, sync_of(referral))
    referrals.update(referral=referral, actor=None, notes="Changed")
    link.faults.add(Fault(Kind.ANSWER, status=401, answer=b""))
    push()
    assert "NoCodeBackend does not accept the API key." in shown(desk, sync_of(referral))
    assert "NoCodeBackend does not accept the API key." in shown(desk, Instance.objects.get())
    link.table("referrals").rows.clear()
    push()
    assert "Deleted there" in shown(desk, ReferralSync)


def test_a_row_that_is_gone_is_made_again_by_the_button(link: NoCodeBackendTwin, desk: Client) -> None:
    referral = make_referral()
    push()
    link.table("referrals").rows.clear()
    referrals.update(referral=referral, actor=None, notes="Changed")
    push()
    assert said(desk.post(page(sync_of(referral), "do/send"), follow=True)) == ["It is sent again."]
    assert Alert.objects.get().status == "resolved"
    push()
    assert row_of(link, referral)["notes"] == "Changed"
    assert "In step" in shown(desk, ReferralSync)


def test_a_row_of_theirs_that_is_gone_is_made_again_as_ours(
    link: NoCodeBackendTwin, desk: Client, settings: Any
) -> None:
    settings.NOCODEBACKEND_IMPORT = True
    number, other = link.put(
        "referrals",
        {"referral_id": "web_1", "patient_name": "Ines", "contact": "ines@example.com"},
        {"referral_id": "web_2", "patient_name": "Olu", "contact": "olu@example.com"},
    )
    tasks.pull_referrals()
    link.table("referrals").delete(number)
    sync = ReferralSync.objects.get(remote_id=number)
    ReferralSync.objects.update(synced_at=clock.now() - timedelta(hours=1))
    tasks.pull_referrals()
    assert "Deleted there" in shown(desk, ReferralSync)
    desk.post(page(sync, "do/send"))
    push()
    (row,) = [row for row in link.table("referrals").rows.values() if row["id"] != other]
    assert (row["referral_id"], row["patient_name"], row["status"]) == ("web_1", "Ines", "open")
    sync.refresh_from_db()
    assert (sync.state, sync.remote_id) == ("completed", row["id"])


def test_the_pause_after_failures_is_ended_by_the_button(link: NoCodeBackendTwin, desk: Client) -> None:
    make_referral()
    link.faults.add(Fault(Kind.ANSWER, status=403, answer=b""))
    push()
    instance = Instance.objects.get()
    assert instance.down_until is not None
    assert said(desk.post(page(instance, "do/retry"), follow=True)) == [
        "It is tried with the next tick of the worker."
    ]
    instance.refresh_from_db()
    assert instance.down_until is None


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_as_little_for_many_rows_as_for_one(
    link: NoCodeBackendTwin, desk: Client, rows: int, django_assert_num_queries: Any
) -> None:
    for _ in range(rows):
        make_referral()
    with django_assert_num_queries(5):
        shown(desk, ReferralSync)


@pytest.mark.parametrize("role", [Role.PROFESSIONAL, Role.CLIENT])
def test_nobody_else_sees_it(link: NoCodeBackendTwin, role: Role) -> None:
    make_referral()
    stranger = office(role)
    assert stranger.get(page(ReferralSync)).status_code == 302
    assert stranger.post(page(ReferralSync.objects.get(), "do/send")).status_code == 302
