"""The doctor's questions about NoCodeBackend find what they ask for, and nothing in what the verbs make."""

from datetime import timedelta

import pytest

from careops.core import clock
from integrations.nocodebackend.invariants import INVARIANTS
from integrations.nocodebackend.models import ReferralSync
from integrations.sandbox.nocodebackend import NoCodeBackendTwin
from tests.factories.referrals import make_referral
from tests.integrations.nocodebackend.conftest import push, sync_of

pytestmark = pytest.mark.django_db


def wrong() -> dict[str, list[str]]:
    """The questions that found something."""
    answers = {question.__name__: list(question()) for question in INVARIANTS}
    return {name: found for name, found in answers.items() if found}


def test_what_breaks_a_rule_is_named(link: NoCodeBackendTwin) -> None:
    first, second = sync_of(make_referral()), sync_of(make_referral())
    push()
    assert wrong() == {}
    rows = ReferralSync.objects
    rows.filter(pk=first.pk).update(wanted=9, dirty_since=clock.now() - timedelta(hours=1))
    rows.filter(pk=second.pk).update(remote_id=None)
    assert wrong() == {
        "nothing_is_forgotten": [
            f"referralsync {first.pk}: it changed, and nothing will send it: is the worker running?"
        ],
        "what_is_in_step_has_its_row": [
            f"referralsync {second.pk}: it was sent, and its row there has no number"
        ],
    }
    push()
    assert list(wrong()) == ["what_is_in_step_has_its_row"]
