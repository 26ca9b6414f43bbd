"""Referrals of ours, sent: as they are when their turn comes, into one row for each, whatever goes wrong on the way."""

from typing import Any

import pytest

from accounts.enums import Role
from careops.core import clock
from careops.core.models import Alert, Event
from connections.enums import ReferralStatus
from connections.models import Referral
from connections.services import moves, referrals
from integrations.nocodebackend.models import Instance, ReferralSync
from integrations.nocodebackend.services import pushing
from integrations.sandbox.faults import Fault, Kind
from integrations.sandbox.nocodebackend import NoCodeBackendTwin
from messaging.services.contacts import update_contact
from messaging.services.erasure import erase_contact
from tests.factories.accounts import make_user
from tests.factories.bookings import make_contact
from tests.factories.referrals import make_referral
from tests.integrations.nocodebackend.conftest import push, row_of, sync_of

pytestmark = pytest.mark.django_db


def told(referral: Referral) -> tuple[Any, ...]:
    sync = sync_of(referral)
    return sync.state, sync.remote_id, sync.wanted - sync.sent, sync.deleted_there_at is not None


def alerts() -> list[tuple[str, str]]:
    return list(Alert.objects.order_by("pk").values_list("kind", "status"))


def test_a_referral_has_a_row_there_with_what_it_says(link: NoCodeBackendTwin) -> None:
    contact = make_contact(name="Wanda Okafor", email="wanda@example.com")
    referral = make_referral(contact, reason="Impacted tooth", urgency="soon", notes="Afraid of needles")
    push()
    row = row_of(link, referral)
    assert {name: row[name] for name in ("patient_name", "contact", "medical_condition", "urgency_level", "notes")} == {
        "patient_name": "Wanda Okafor", "contact": "wanda@example.com", "medical_condition": "Impacted tooth",
        "urgency_level": "soon", "notes": "Afraid of needles",
    }  # fmt: skip
    assert referral.from_professional is not None
    assert referral.to_professional is not None
    assert (row["referring_doctor"], row["target_doctor"], row["status"]) == (
        referral.from_professional.name, referral.to_professional.name, "open",
    )  # fmt: skip
    assert row["created_at"] == referral.created_at.replace(microsecond=0)
    assert told(referral) == ("completed", row["id"], 0, False)


def test_every_change_of_it_and_of_its_person_is_followed(link: NoCodeBackendTwin) -> None:
    contact = make_contact(name="Wanda Okafor")
    referral = make_referral(contact)
    push()
    moves.accept(referral=referral, actor=None)
    update_contact(contact=contact, actor=None, name="Wanda Halloran")
    push()
    row = row_of(link, referral)
    assert (row["status"], row["patient_name"]) == ("accepted", "Wanda Halloran")
    changed = link.ledger.of("updated")[-1]["changes"]
    assert sorted(changed) == ["patient_name", "status", "updated_at"]


def test_a_change_that_changes_nothing_asks_nobody(link: NoCodeBackendTwin) -> None:
    contact = make_contact()
    referral = make_referral(contact)
    push()
    link.calls.clear()
    update_contact(contact=contact, actor=None, notes="Likes mornings")
    assert told(referral)[0] == "pending"
    push()
    assert (told(referral)[0], told(referral)[2], link.calls) == ("completed", 0, [])


def test_nothing_is_kept_or_asked_without_a_configuration(link: NoCodeBackendTwin, settings: Any) -> None:
    settings.NOCODEBACKEND = {**settings.NOCODEBACKEND, "API_KEY": ""}
    make_referral()
    push()
    assert (ReferralSync.objects.count(), link.calls) == (0, [])


LOST = {
    "not read": Fault(Kind.DROP, path="^/create/"),
    "answer lost": Fault(Kind.DROP, path="^/create/", done=True),
    "cut short": Fault(Kind.TRUNCATED, path="^/create/"),
    "late": Fault(Kind.HANG, path="^/create/", done=True),
    "look-up lost": Fault(Kind.DROP, path="^/search/", times=3),
    "away": Fault(Kind.ANSWER, path="^/create/", status=503, answer=b""),
}


@pytest.mark.parametrize("name", LOST)
def test_whatever_is_lost_on_the_way_there_is_one_row(
    link: NoCodeBackendTwin, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.nocodebackend.clients.WORKER_DEADLINE", 0.4)
    link.faults.add(Fault(**vars(LOST[name])))
    referral = make_referral()
    push()
    assert told(referral)[0] == "pending"
    referrals.update(referral=referral, actor=None, notes="Changed meanwhile")
    push()
    assert row_of(link, referral)["notes"] == "Changed meanwhile"
    assert told(referral)[0] == "completed"
    assert len(link.ledger.of("created")) == 1
    assert alerts() == []


def test_an_update_that_cannot_be_read_back_is_sent_again(link: NoCodeBackendTwin) -> None:
    referral = make_referral()
    push()
    link.faults.add(Fault(Kind.DROP, path="^/search/", times=3))
    referrals.update(referral=referral, actor=None, notes="Changed")
    push()
    assert told(referral)[0] == "pending"
    push()
    assert (told(referral)[0], row_of(link, referral)["notes"]) == ("completed", "Changed")


@pytest.mark.parametrize("search", ["whole", "paged", "missing"])
@pytest.mark.parametrize("create", ["id", "data", "none"])
def test_a_row_of_ours_that_is_there_already_is_taken(
    link: NoCodeBackendTwin, search: str, create: str
) -> None:
    link.switch(search=search, create=create)
    first, second = make_referral(), make_referral()
    (number,) = link.put("referrals", {"referral_id": first.reference, "status": "completed"})
    push()
    assert (row_of(link, first)["id"], row_of(link, first)["status"]) == (number, "open")
    assert told(second)[:2] == ("completed", number + 1)


def test_a_change_while_it_is_sent_is_sent_after_it(
    link: NoCodeBackendTwin, monkeypatch: pytest.MonkeyPatch
) -> None:
    referral, upsert = make_referral(), pushing._upsert

    def interrupted(*args: Any) -> tuple[int, bool]:
        found = upsert(*args)
        referrals.update(referral=referral, actor=None, notes="In the middle")
        return found

    monkeypatch.setattr(pushing, "_upsert", interrupted)
    push()
    assert told(referral)[2] == 1
    push()
    assert row_of(link, referral)["notes"] == "In the middle"
    assert told(referral)[2] == 0


def test_what_the_row_itself_is_refused_for_is_told_and_tried_with_the_next_change(
    link: NoCodeBackendTwin, settings: Any
) -> None:
    link.switch(unknown_column="refuse")
    settings.NOCODEBACKEND_COLUMNS = [("reason", "no_such_column")]
    referral, other = make_referral(), make_referral()
    for _ in range(6):
        push()
    assert [told(each)[0] for each in (referral, other)] == ["failed", "failed"]
    assert alerts() == [("referral_not_synced", "active")] * 2
    settings.NOCODEBACKEND_COLUMNS = []
    referrals.update(referral=referral, actor=None, notes="Once more")
    push()
    assert row_of(link, referral)["notes"] == "Once more"
    assert alerts() == [("referral_not_synced", "resolved"), ("referral_not_synced", "active")]


def test_a_row_that_somebody_deleted_there_is_told_and_not_made_again(link: NoCodeBackendTwin) -> None:
    referral = make_referral()
    push()
    link.table("referrals").rows.clear()
    for missing_update in ("404", "success"):
        link.switch(missing_update=missing_update)
        referrals.update(referral=referral, actor=None, notes=f"Noted, {missing_update}")
        push()
        assert told(referral)[3]
    assert len(link.ledger.of("created")) == 1
    assert alerts() == [("referral_deleted_there", "active")]
    assert Event.objects.filter(name="referral.deleted_there", subject_id=referral.pk).count() == 1


def test_two_rows_of_one_referral_are_told_until_one_is_gone(link: NoCodeBackendTwin) -> None:
    link.table("referrals").unique = frozenset()
    referral = make_referral()
    push()
    (second,) = link.put("referrals", {"referral_id": referral.reference})
    moves.accept(referral=referral, actor=None)
    push()
    assert alerts() == [("referral_doubled_there", "active")]
    link.table("referrals").delete(second)
    moves.complete(referral=referral, actor=None)
    push()
    assert row_of(link, referral)["status"] == "completed"
    assert alerts() == [("referral_doubled_there", "resolved")]


def test_who_is_erased_here_is_erased_there(link: NoCodeBackendTwin) -> None:
    contact = make_contact(name="Wanda Okafor", email="wanda@example.com", phone="+15550142857")
    referral = make_referral(contact, reason="Impacted tooth", notes="Afraid of needles")
    push()
    erase_contact(contact=contact, actor=None)
    push()
    row = row_of(link, referral)
    assert not [word for word in ("Wanda", "wanda", "555", "tooth", "needles") if word in str(row)]
    assert row["status"] == "cancelled"


def test_who_is_erased_as_a_client_is_erased_there(link: NoCodeBackendTwin) -> None:
    client = make_user(Role.CLIENT, name="Wanda Okafor", email="wanda@example.com")
    referral = make_referral(client_id=client.pk, status=ReferralStatus.COMPLETED, reason="Impacted tooth")
    contact = make_contact(user=client)
    push()
    assert "tooth" in str(row_of(link, referral))
    erase_contact(contact=contact, actor=None)
    push()
    assert not [word for word in ("Wanda", "wanda", "tooth") if word in str(row_of(link, referral))]


def test_what_is_forgotten_without_a_key_is_forgotten_there_with_the_next(
    link: NoCodeBackendTwin, settings: Any
) -> None:
    erased, deleted = make_referral(make_contact(name="Wanda Okafor")), make_referral()
    push()
    configured = settings.NOCODEBACKEND
    settings.NOCODEBACKEND = {**configured, "API_KEY": ""}
    assert erased.contact is not None
    erase_contact(contact=erased.contact, actor=None)
    referrals.erase(referral=deleted, actor=None)
    push()
    settings.NOCODEBACKEND = configured
    push()
    (row,) = link.table("referrals").rows.values()
    assert (row["referral_id"], "Wanda" in str(row)) == (erased.reference, False)


def test_a_referral_that_is_deleted_here_takes_its_row_along(link: NoCodeBackendTwin) -> None:
    referral, other = make_referral(), make_referral()
    push()
    referrals.erase(referral=referral, actor=None)
    push()
    assert [row["referral_id"] for row in link.table("referrals").rows.values()] == [other.reference]
    assert ReferralSync.objects.get(referral=None).state == "completed"


def test_an_instance_that_fails_holds_all_and_is_told_once(link: NoCodeBackendTwin) -> None:
    link.faults.add(
        Fault(Kind.ANSWER, times=None, status=401, answer={"status": "failed", "error": "Invalid key"})
    )
    made = [make_referral() for _ in range(5)]
    for _ in range(4):
        push()
    assert [(told(each)[0], sync_of(each).attempts) for each in made] == [("pending", 0)] * 5
    assert len(link.calls) == 4
    assert alerts() == [("nocodebackend_down", "active")]
    assert Instance.objects.get().last_error == "credentials_refused"
    link.faults.clear()
    push()
    assert [told(each)[0] for each in made] == ["completed"] * 5
    assert alerts() == [("nocodebackend_down", "resolved")]


def test_what_the_plan_does_not_allow_now_is_sent_with_the_next_tick(
    link: NoCodeBackendTwin, settings: Any
) -> None:
    settings.NOCODEBACKEND = {**settings.NOCODEBACKEND, "CALLS_PER_10_SECONDS": 20}
    for _ in range(4):
        make_referral()
    push()
    assert len(link.ledger.of("created")) == 2  # six calls
    down_until = Instance.objects.get().down_until
    assert down_until is not None
    assert 8 < (down_until - clock.now()).total_seconds() < 9.5  # a tick comes every ten seconds
    assert alerts() == []
