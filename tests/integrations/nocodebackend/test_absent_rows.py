"""A row counts as absent only when two questions agree: none is made twice, and none outlives an erasure."""

import pytest

from connections.models import Referral
from connections.services import referrals
from integrations.nocodebackend.client import ReferralClient
from integrations.nocodebackend.models import ReferralSync
from integrations.sandbox.faults import Fault, Kind
from integrations.sandbox.nocodebackend import NoCodeBackendTwin
from tests.factories.referrals import make_referral
from tests.integrations.nocodebackend.conftest import push, row_of, sync_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def lost(link: NoCodeBackendTwin) -> Referral:
    """A referral whose row was made, without an answer. The table allows a second row of the same reference."""
    link.table("referrals").unique = frozenset()
    link.faults.add(Fault(Kind.DROP, path="^/create/", done=True))
    referral = make_referral()
    push()
    assert sync_of(referral).state == "pending"
    return referral


@pytest.mark.parametrize("times", [1, None])
def test_an_empty_search_makes_no_second_row(
    link: NoCodeBackendTwin, lost: Referral, times: int | None
) -> None:
    link.faults.add(Fault(Kind.EMPTY, path="^/search/", times=times))
    push()
    link.faults.clear()
    push()
    assert len(link.ledger.of("created")) == 1
    assert (sync_of(lost).state, sync_of(lost).remote_id) == ("completed", row_of(link, lost)["id"])


@pytest.mark.parametrize("switches", [{}, {"search": "missing"}, {"filter": "ignore"}], ids=str)
def test_a_new_referral_makes_one_row_however_the_service_can_be_asked(
    link: NoCodeBackendTwin, switches: dict[str, str]
) -> None:
    link.switch(**switches)
    link.put("referrals", {"referral_id": "another", "status": "open"})
    referral = make_referral()
    push()
    assert (len(link.ledger.of("created")), sync_of(referral).state) == (1, "completed")


def test_an_empty_search_leaves_no_row_of_an_erased_referral(link: NoCodeBackendTwin) -> None:
    referral = make_referral()
    push()
    referrals.erase(referral=referral, actor=None)
    link.faults.add(Fault(Kind.EMPTY, path="^/search/"))
    push()
    assert link.table("referrals").rows == {}
    assert ReferralSync.objects.get().state == "completed"


def test_trusting_one_search_would_be_seen(
    link: NoCodeBackendTwin, lost: Referral, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: a sender that asks once makes a second row."""
    monkeypatch.setattr(ReferralClient, "by_reference_or_absent", ReferralClient.by_reference)
    link.faults.add(Fault(Kind.EMPTY, path="^/search/"))
    push()
    assert len(link.ledger.of("created")) == 2
