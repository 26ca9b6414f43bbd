"""The life of a practice's key: renewed in time, replaced whole, never lost, and a person told when nothing helps."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from careops.core import clock
from careops.core.models import Alert, Event
from integrations.pms.enums import IntegrationState
from integrations.pms.errors import AuthorisationRefused, PmsError, Unavailable
from integrations.pms.models import PmsIntegration
from integrations.pms.services import integrations, tokens
from integrations.pms.system import Grant
from integrations.pms.tasks import renew_keys
from integrations.sandbox.faults import Fault, Kind
from integrations.sandbox.server import Sandbox
from integrations.sandbox.sikka import OFFICE, SECRET, SikkaTwin
from tests.factories.pms import make_authorised, make_integration, make_stored

pytestmark = pytest.mark.django_db


def keys_of(row: PmsIntegration) -> tuple[str, str, str]:
    row.refresh_from_db()
    return row.request_key, row.refresh_key, row.secret_key


def grants(sikka: SikkaTwin) -> dict[str, int]:
    """How often the twin gave a key out by the lasting key and by a refresh key."""
    return {effect: len(sikka.ledger.of(effect)) for effect in ("granted", "refreshed")}


def open_alerts() -> list[str]:
    return list(Alert.objects.unresolved().values_list("kind", flat=True))


def providers(row: PmsIntegration) -> list[str]:
    return [one.id for one in tokens.with_key(row, lambda system, key: system.providers(key))]


def lost(path: str = "request_key", *, done: bool = True, times: int = 1, body: str = "") -> Fault:
    return Fault(Kind.DROP, path=path, done=done, times=times, body=body)


def test_authorising_stores_the_keys_sealed_and_what_is_told_of_the_practice(sikka: SikkaTwin) -> None:
    row = make_authorised()
    assert (row.state, row.office_id, row.practice_id) == (IntegrationState.ACTIVE, OFFICE, "1")
    assert (row.system, row.time_zone) == ("OpenDental", "America/New_York")
    assert row.status_map["cancelled"] == "Cancelled"
    assert row.secret_key == SECRET
    assert row.request_key in sikka.keys.request_keys
    assert row.token_expiry is not None
    assert 86_390 < (row.token_expiry - clock.now()).total_seconds() <= 86_400
    stored = PmsIntegration.objects.values("secret_key", "request_key", "refresh_key").get()
    assert SECRET not in str(stored)


@pytest.mark.parametrize("rotates", [False, True], ids=["same refresh key", "new refresh key"])
def test_a_key_is_renewed_when_a_quarter_of_its_life_is_left(sikka: SikkaTwin, rotates: bool) -> None:
    sikka.switch(rotate_refresh_key=rotates)
    row = make_authorised()
    before = keys_of(row)
    with time_machine.travel(clock.now() + timedelta(hours=17)):
        renew_keys()
        assert (keys_of(row), grants(sikka)["refreshed"]) == (before, 0)
    with time_machine.travel(clock.now() + timedelta(hours=18, minutes=1)):
        renew_keys()
        renew_keys()
        after = keys_of(row)
    assert grants(sikka) == {"granted": 1, "refreshed": 1}
    assert (after[0] != before[0], after[1] != before[1], after[2]) == (True, rotates, SECRET)
    assert Event.objects.filter(name="pms_integration.key_renewed").count() == 2


@pytest.mark.parametrize("form", ["API1025", "401"])
def test_a_key_that_ended_early_is_renewed_once_and_the_call_repeated(sikka: SikkaTwin, form: str) -> None:
    sikka.switch(expired_as=form)
    row = make_authorised()
    sikka.keys.end_request_keys(sikka.now())
    assert providers(row) == ["DOC1", "DOC2", "HYG1"]
    assert grants(sikka)["refreshed"] == 1
    assert sikka.count("GET", "/v4/providers") == 2


def test_a_running_key_that_is_handed_out_again_is_not_asked_for_at_once(sikka: SikkaTwin) -> None:
    sikka.switch(running_key_again=True)
    row = make_authorised()
    with time_machine.travel(clock.now() + timedelta(hours=18, minutes=30)):
        for _ in range(3):
            renew_keys()
        row.refresh_from_db()
        assert grants(sikka)["refreshed"] == 1
        assert row.refresh_at is not None
        assert row.refresh_at > clock.now() + timedelta(hours=4)


def test_an_answer_that_was_lost_uses_the_old_key_once_more(sikka: SikkaTwin) -> None:
    row = make_authorised()
    before = keys_of(row)
    sikka.faults.add(lost())
    tokens.renew(row.pk, seen=row.version)
    assert grants(sikka) == {"granted": 1, "refreshed": 2}
    assert keys_of(row)[0] != before[0]


def test_a_lost_answer_whose_refresh_key_is_used_up_falls_back_to_the_lasting_key(sikka: SikkaTwin) -> None:
    sikka.switch(rotate_refresh_key=True)
    row = make_authorised()
    sikka.faults.add(lost())
    tokens.renew(row.pk, seen=row.version)
    assert grants(sikka) == {"granted": 2, "refreshed": 1}
    assert keys_of(row)[1] in sikka.keys.refresh_keys
    assert open_alerts() == []


def test_two_lost_answers_fall_back_to_the_lasting_key(sikka: SikkaTwin) -> None:
    row = make_authorised()
    sikka.faults.add(lost(times=2))
    tokens.renew(row.pk, seen=row.version)
    assert grants(sikka) == {"granted": 2, "refreshed": 2}


def test_a_crash_between_asking_and_storing_counts_as_a_lost_answer(sikka: SikkaTwin) -> None:
    row = make_authorised()
    PmsIntegration.objects.update(lost_refreshes=2)
    tokens.renew(row.pk, seen=row.version)
    assert grants(sikka) == {"granted": 2, "refreshed": 0}
    row.refresh_from_db()
    assert row.lost_refreshes == 0


def test_when_no_key_is_accepted_a_person_is_told_once_and_the_keys_stay(sikka: SikkaTwin) -> None:
    row = make_authorised()
    before = keys_of(row)
    sikka.keys.revoke(sikka.offices[OFFICE], secret=True)
    sikka.keys.end_request_keys(sikka.now())
    for _ in range(2):
        with pytest.raises(AuthorisationRefused):
            providers(row)
    assert (keys_of(row), row.state) == (before, IntegrationState.NEEDS_AUTHORISATION)
    alert = Alert.objects.get()
    assert (alert.kind, alert.count, alert.subject_id) == ("pms_needs_authorisation", 1, row.pk)
    calls = len(sikka.calls)
    renew_keys()
    assert len(sikka.calls) == calls
    sikka.offices[OFFICE].secret_key = SECRET
    tokens.renew(row.pk, seen=row.version, by_hand=True)
    assert (open_alerts(), providers(row)) == ([], ["DOC1", "DOC2", "HYG1"])


def test_a_good_key_that_is_not_let_in_needs_a_person_too(sikka: SikkaTwin) -> None:
    row = make_authorised()
    sikka.faults.add(Fault(Kind.ANSWER, path="/providers", status=401, answer={"error_code": "API2007"}))
    with pytest.raises(AuthorisationRefused):
        providers(row)
    assert open_alerts() == ["pms_needs_authorisation"]


def test_a_practice_that_was_never_authorised_asks_nobody(sikka: SikkaTwin) -> None:
    row = make_integration()
    with pytest.raises(AuthorisationRefused):
        providers(row)
    assert (sikka.calls, open_alerts()) == ([], [])


def test_while_nobody_is_there_the_present_key_goes_on(sandbox: Sandbox, sikka: SikkaTwin) -> None:
    row = make_authorised()
    before = keys_of(row)
    PmsIntegration.objects.update(refresh_at=clock.now())
    with sandbox.refusing():
        renew_keys()
        renew_keys()
    assert (keys_of(row), row.state, row.last_error) == (before, IntegrationState.EXPIRING, "unreachable")
    assert (row.lost_refreshes, row.lease_token) == (0, None)
    assert providers(row) != []
    with time_machine.travel(clock.now() + timedelta(minutes=1)):
        renew_keys()
    assert (keys_of(row) != before, row.state) == (True, IntegrationState.ACTIVE)


def test_the_keys_of_another_practice_are_not_taken(sikka: SikkaTwin) -> None:
    row = make_authorised()
    before = keys_of(row)
    foreign = {"request_key": "9" * 32, "refresh_key": "8" * 32, "expires_in": "86400", "issued_to": "D99999"}
    sikka.faults.add(Fault(Kind.ANSWER, path="request_key", status=200, answer=foreign))
    with pytest.raises(PmsError):
        tokens.renew(row.pk, seen=row.version)
    assert keys_of(row) == before


@pytest.mark.parametrize("kind", [Kind.HTML, Kind.WRONG_TYPES, Kind.GARBAGE, Kind.TRUNCATED])
def test_an_unreadable_answer_never_replaces_a_key(sikka: SikkaTwin, kind: Kind) -> None:
    row = make_authorised()
    before = keys_of(row)
    sikka.faults.add(Fault(kind, path="request_key", times=3))
    with pytest.raises(PmsError):
        tokens.renew(row.pk, seen=row.version)
    assert (keys_of(row), row.state) == (before, IntegrationState.EXPIRING)


def test_whoever_lost_the_lease_writes_nothing(sikka: SikkaTwin) -> None:
    row = make_authorised()
    lease = tokens.take_lease(row)
    assert lease is not None
    assert tokens.take_lease(row) is None
    PmsIntegration.objects.update(lease_until=clock.now() - timedelta(hours=1))
    newer = tokens.renew(row.pk, seen=row.version)
    stale = tokens.store(row, lease, Grant("7" * 32, "6" * 32, 10))
    assert (stale.request_key, stale.version) == (newer.request_key, row.version + 1)


def test_switching_off_during_a_renewal_keeps_both(sikka: SikkaTwin) -> None:
    row = make_authorised()
    lease: Any = tokens.take_lease(row)
    PmsIntegration.objects.update(state=IntegrationState.DISABLED)
    kept = tokens.store(row, lease, Grant("7" * 32, "6" * 32, 10))
    assert (kept.state, kept.request_key) == (IntegrationState.DISABLED, "7" * 32)


def test_five_calls_that_find_nobody_are_a_pause_and_one_alert(sandbox: Sandbox, sikka: SikkaTwin) -> None:
    row = make_authorised()
    with sandbox.refusing():
        for _ in range(6):
            with pytest.raises(Unavailable):
                providers(row)
    row.refresh_from_db()
    assert (row.failures, open_alerts()) == (6, ["pms_unreachable"])
    assert not PmsIntegration.objects.callable_at(clock.now()).exists()
    assert PmsIntegration.objects.callable_at(clock.now() + timedelta(minutes=2)).exists()
    providers(row)
    row.refresh_from_db()
    assert (row.failures, row.paused_until, open_alerts()) == (0, None, [])


def test_nothing_is_asked_while_the_window_is_used_up(sikka: SikkaTwin) -> None:
    row = make_authorised()
    sikka.windows.clear()
    sikka.switch(rate_limit=1)
    providers(row)
    assert not PmsIntegration.objects.callable_at(clock.now()).exists()
    assert PmsIntegration.objects.callable_at(clock.now() + timedelta(seconds=61)).exists()


def test_a_stored_practice_without_a_running_key_gets_one_by_its_lasting_key(sikka: SikkaTwin) -> None:
    row = make_stored(request_key="", refresh_key="", token_expiry=None, state=IntegrationState.NEW)
    renew_keys()
    row.refresh_from_db()
    assert (row.state, grants(sikka)) == (IntegrationState.ACTIVE, {"granted": 1, "refreshed": 0})


def test_keys_that_no_key_of_ours_opens_need_a_person_and_stay(sikka: SikkaTwin, settings: Any) -> None:
    row = make_authorised()
    stored = PmsIntegration.objects.values("secret_key", "request_key", "refresh_key").get()
    settings.FIELD_ENCRYPTION_KEYS = ["another passphrase of more than thirty-two characters"]
    calls = len(sikka.calls)
    with pytest.raises(AuthorisationRefused):
        providers(row)
    assert (len(sikka.calls), open_alerts()) == (calls, ["pms_needs_authorisation"])
    assert PmsIntegration.objects.values("secret_key", "request_key", "refresh_key").get() == stored
    again = integrations.authorise(integration=PmsIntegration.objects.get(), office_id=OFFICE, actor=None)
    assert (again.state, open_alerts(), providers(again) != []) == (IntegrationState.ACTIVE, [], True)
