"""Twenty callers with one ended key: one of them asks for the next, and all go on with it."""

import uuid
from collections.abc import Callable
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest

from careops.core import clock
from integrations.pms.errors import PmsError
from integrations.pms.models import PmsIntegration
from integrations.pms.services import tokens
from integrations.sandbox.sikka import SikkaTwin
from tests.core.threads import at_once
from tests.factories.pms import make_authorised

CALLERS = 20


@pytest.fixture
def row(sikka: SikkaTwin, transactional_db: None) -> PmsIntegration:
    sikka.switch(rotate_refresh_key=True, rate_limit=10_000)
    made = make_authorised()
    sikka.keys.end_request_keys(sikka.now())
    return made


def asking(row: PmsIntegration) -> Callable[[], Any]:
    def ask() -> list[str]:
        return [one.id for one in tokens.with_key(row, lambda system, key: system.providers(key))]

    return ask


def test_one_of_twenty_callers_renews_and_all_finish(sikka: SikkaTwin, row: PmsIntegration) -> None:
    answers = at_once(*[asking(row)] * CALLERS)
    assert answers == [["DOC1", "DOC2", "HYG1"]] * CALLERS
    assert len(sikka.ledger.of("refreshed")) == 1
    row.refresh_from_db()
    assert row.version == 3
    assert row.request_key == list(sikka.keys.request_keys)[-1]
    assert row.refresh_key in sikka.keys.refresh_keys


def test_without_the_lease_many_would(
    sikka: SikkaTwin, row: PmsIntegration, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: callers who only look at the key, as they would without a lease, all use the refresh key."""

    all_looked = Barrier(CALLERS)

    def unleased(row: PmsIntegration) -> uuid.UUID:
        with suppress(BrokenBarrierError):  # who comes a second time goes on
            all_looked.wait(timeout=10)
        all_looked.abort()
        token = uuid.UUID(int=1)  # of all: neither the lease nor its fence keeps anybody out
        PmsIntegration.objects.filter(pk=row.pk).update(lease_token=token, lease_until=clock.now())
        return token

    def ask() -> None:
        with suppress(PmsError):
            asking(row)()

    monkeypatch.setattr(tokens, "take_lease", unleased)
    at_once(*[ask] * CALLERS)
    assert len(sikka.ledger.of("refreshed")) + len(sikka.ledger.of("granted")) > 3
