"""Faulty lists: no referral loses its row, and a row that is met again is not deleted."""

from datetime import timedelta
from typing import Any

import pytest

from careops.core import clock
from careops.core.alerts import kind_todo
from careops.core.models import Alert
from connections.models import Referral
from connections.services import referrals
from integrations.nocodebackend import tasks
from integrations.nocodebackend.models import Instance, ReferralSync
from integrations.nocodebackend.services import health, pulling
from integrations.sandbox.faults import Fault, Kind
from integrations.sandbox.nocodebackend import NoCodeBackendTwin
from tests.factories.bookings import make_contact
from tests.factories.referrals import make_referral
from tests.integrations.nocodebackend.conftest import push, row_of, sync_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def five(link: NoCodeBackendTwin, monkeypatch: pytest.MonkeyPatch) -> list[Referral]:
    """Five referrals that are in step with their rows since an hour."""
    monkeypatch.setattr(pulling, "LAG_SECONDS", 0.0)
    made = [make_referral(make_contact(name=f"Person {n}")) for n in range(5)]
    push()
    an_hour_ago()
    return made


def an_hour_ago() -> None:
    ReferralSync.objects.update(synced_at=clock.now() - timedelta(hours=1))


def pull() -> None:
    Instance.objects.update(down_until=None)
    tasks.pull_referrals()


def deleted() -> int:
    return ReferralSync.objects.filter(deleted_there_at__isnull=False).count()


def alerts() -> list[str]:
    return list(Alert.objects.unresolved().order_by("pk").values_list("kind", flat=True))


def show_fault(link: NoCodeBackendTwin, kind: Kind, **how: Any) -> None:
    link.faults.add(Fault(kind, times=None, **how))


def test_a_table_that_shows_no_row_is_an_outage(link: NoCodeBackendTwin, five: list[Referral]) -> None:
    show_fault(link, Kind.EMPTY)
    for _ in range(3):
        pull()
    assert (deleted(), alerts()) == (0, ["nocodebackend_rows_missing"])
    link.faults.clear()
    pull()
    assert (deleted(), alerts()) == (0, [])


def test_a_success_without_data_is_a_bad_answer(link: NoCodeBackendTwin, five: list[Referral]) -> None:
    show_fault(link, Kind.NO_DATA)
    for _ in range(3):
        pull()
    assert (deleted(), alerts()) == (0, ["nocodebackend_down"])
    assert Instance.objects.get().last_error == "bad_answer"
    link.faults.clear()
    pull()
    assert (deleted(), alerts()) == (0, [])


def test_one_empty_search_cuts_no_referral_that_is_being_sent(
    link: NoCodeBackendTwin, five: list[Referral]
) -> None:
    link.faults.add(Fault(Kind.EMPTY, path="^/search/", times=1))
    referrals.update(referral=five[0], actor=None, notes="Called back")
    push()
    assert deleted() == 0
    push()
    assert (sync_of(five[0]).state, row_of(link, five[0])["notes"], alerts()) == (
        "completed",
        "Called back",
        [],
    )


@pytest.mark.parametrize("missing", ["null", "empty"])
def test_an_empty_success_for_one_row_proves_no_deletion(
    link: NoCodeBackendTwin, five: list[Referral], missing: str
) -> None:
    link.switch(missing_row=missing)
    row = link.table("referrals").rows.pop(row_of(link, five[0])["id"])
    pull()
    assert deleted() == 0
    link.table("referrals").rows[row["id"]] = row
    pull()
    assert (deleted(), alerts()) == (0, [])


def test_a_row_that_is_met_again_is_not_deleted(link: NoCodeBackendTwin, five: list[Referral]) -> None:
    row = link.table("referrals").rows.pop(row_of(link, five[0])["id"])
    pull()
    assert (deleted(), alerts()) == (1, ["referral_deleted_there"])
    referrals.update(referral=five[0], actor=None, notes="Changed meanwhile")
    push()
    link.table("referrals").rows[row["id"]] = row
    pull()
    assert (deleted(), alerts()) == (0, [])
    push()
    assert row_of(link, five[0])["notes"] == "Changed meanwhile"
    referrals.update(referral=five[0], actor=None, notes="Changed later")
    push()
    assert (row_of(link, five[0])["notes"], sync_of(five[0]).state) == ("Changed later", "completed")


def test_a_row_that_was_made_again_there_is_taken_for_it(
    link: NoCodeBackendTwin, five: list[Referral]
) -> None:
    row = link.table("referrals").rows.pop(row_of(link, five[0])["id"])
    pull()
    (number,) = link.put("referrals", {"referral_id": row["referral_id"], "notes": "Made by hand"})
    pull()
    assert (deleted(), sync_of(five[0]).remote_id, alerts()) == (0, number, [])


def test_the_alert_does_not_advise_to_cancel(link: NoCodeBackendTwin) -> None:

    assert "ancel" not in kind_todo("referral_deleted_there") + kind_todo("nocodebackend_rows_missing")


@pytest.mark.any_engine
def test_calls_that_are_never_allowed_are_told_after_an_hour(
    link: NoCodeBackendTwin, five: list[Referral]
) -> None:
    show_fault(link, Kind.ANSWER, status=429, answer={"status": "failed", "error": "Rate limit exceeded"})
    pull()
    assert alerts() == []
    Instance.objects.update(failing_since=clock.now() - health.LONG)
    pull()
    assert alerts() == ["nocodebackend_down"]
    link.faults.clear()
    pull()
    assert alerts() == []
