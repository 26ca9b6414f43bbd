"""Rows of theirs: taken up as referrals, followed in what both sides may change, noticed when they are gone."""

from typing import Any

import pytest

from careops.core import clock
from careops.core.models import Alert, Event
from connections.models import Referral
from connections.services import moves, referrals
from integrations.nocodebackend import tasks
from integrations.nocodebackend.models import Instance, ReferralSync
from integrations.nocodebackend.services import pulling
from integrations.sandbox.faults import Fault, Kind
from integrations.sandbox.nocodebackend import NoCodeBackendTwin
from messaging.models import Contact, Message
from messaging.services.erasure import erase_contact
from tests.factories.bookings import make_provider
from tests.factories.referrals import make_referral
from tests.integrations.nocodebackend.conftest import push, row_of, sync_of

pytestmark = pytest.mark.django_db

ROW = {
    "referral_id": "web_0100", "patient_name": "Ines Halloran", "contact": "ines@example.com", "status": "pending",
    "referring_doctor": "Dr. Abara", "target_doctor": "Harbour Dental", "medical_condition": "Jaw pain",
    "urgency_level": "urgent", "notes": "By the website",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _takes_up(settings: Any, link: NoCodeBackendTwin, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.NOCODEBACKEND_IMPORT = True
    monkeypatch.setattr(pulling, "LAG_SECONDS", 0.0)


def theirs(link: NoCodeBackendTwin, **changes: Any) -> tuple[int, Referral]:
    """A row of theirs that was taken up."""
    (number,) = link.put("referrals", {**ROW, **changes})
    tasks.pull_referrals()
    referral = ReferralSync.objects.get(remote_id=number).referral
    assert referral is not None
    return number, referral


def there(link: NoCodeBackendTwin, number: int, **changes: Any) -> None:
    """Somebody changes the row there."""
    table = link.table("referrals")
    assert table.update(number, table.checked(changes, iso=False, refuse_unknown=True), at=link.now())


def now(referral: Referral) -> tuple[str, str, str]:
    found = Referral.objects.get(pk=referral.pk)
    return found.status, found.urgency, found.notes


def test_a_row_of_theirs_becomes_a_referral_once(link: NoCodeBackendTwin) -> None:
    provider = make_provider(name="Harbour Dental")
    _, referral = theirs(link)
    for _ in range(2):
        tasks.pull_referrals()
        push()
    assert Referral.objects.count() == Contact.objects.count() == 1
    assert Contact.objects.values_list("name", "email").get() == ("Ines Halloran", "ines@example.com")
    assert (referral.from_name, referral.to_provider, referral.reason) == ("Dr. Abara", provider, "Jaw pain")
    assert now(referral) == ("open", "urgent", "By the website")
    assert link.ledger == []
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("said", "becomes"),
    [("accepted", "accepted"), ("scheduled", "accepted"), ("Done", "completed"), ("rejected", "declined"),
     ("canceled", "cancelled"), ("under review", "open"), (None, "open")],
)  # fmt: skip
def test_their_words_for_a_status_are_understood(
    link: NoCodeBackendTwin, said: str | None, becomes: str
) -> None:
    assert theirs(link, status=said)[1].status == becomes
    push()
    assert link.ledger == []


def test_a_row_about_nobody_waits_until_it_is_about_somebody(link: NoCodeBackendTwin) -> None:
    (number,) = link.put("referrals", {**ROW, "contact": "call the front door"})
    for _ in range(2):
        tasks.pull_referrals()
    sync = ReferralSync.objects.get()
    assert (sync.referral, sync.state, sync.remote_id) == (None, "failed", number)
    assert not Referral.objects.exists()
    there(link, number, contact="+15550142857")
    tasks.pull_referrals()
    assert Contact.objects.get().phone == "+15550142857"
    assert ReferralSync.objects.get().referral is not None


def test_signs_that_no_database_takes_do_not_stop_the_others(link: NoCodeBackendTwin) -> None:
    odd = {
        **ROW,
        "referral_id": "web_\x00",
        "patient_name": "Ines\x00",
        "notes": "\x00",
        "referring_doctor": "\x00",
    }
    link.put("referrals", odd, {**ROW, "referral_id": "web_2", "contact": "another@example.com"})
    tasks.pull_referrals()
    assert sorted(Referral.objects.values_list("from_name", flat=True)) == ["Dr. Abara", "Not named"]


@pytest.mark.parametrize("number", [2**63, 2**64 - 1, -1, 1.5, True, None])
def test_a_number_that_no_row_has_does_not_stop_the_others(link: NoCodeBackendTwin, number: Any) -> None:
    another = {**ROW, "id": 77, "referral_id": "web_2", "contact": "another@example.com"}
    answer = {"status": "success", "data": [{**ROW, "id": number}, another], "metadata": {"hasMore": False}}
    link.faults.add(Fault(Kind.ANSWER, path="^/read/", status=200, answer=answer))
    tasks.pull_referrals()
    assert ReferralSync.objects.get().remote_id == 77


def test_a_text_of_theirs_does_not_come_back_with_an_erasure(link: NoCodeBackendTwin) -> None:
    number, referral = theirs(link)
    there(link, number, notes="Ines called again")
    erase_contact(contact=Contact.objects.get(), actor=None)
    for step in (push, tasks.pull_referrals, push):
        step()
    assert "Ines" not in str(now(referral)) + str(link.table("referrals").rows[number])


def test_nothing_is_taken_up_unless_the_installation_wants_it(link: NoCodeBackendTwin, settings: Any) -> None:
    settings.NOCODEBACKEND_IMPORT = False
    link.put("referrals", ROW)
    tasks.pull_referrals()
    assert not Referral.objects.exists()
    assert not ReferralSync.objects.exists()


def test_what_changed_there_is_taken_over(link: NoCodeBackendTwin) -> None:
    number, referral = theirs(link)
    there(link, number, status="accepted", notes="Prefers mornings", urgency_level="low")
    tasks.pull_referrals()
    push()
    assert now(referral) == ("accepted", "routine", "Prefers mornings")
    assert link.ledger == []


def test_what_changed_here_is_sent_and_nothing_else(link: NoCodeBackendTwin) -> None:
    number, referral = theirs(link)
    referrals.update(referral=referral, actor=None, notes="Called back", reason="Ours alone")
    push()
    assert link.ledger.of("updated") == [
        {"table": "referrals", "id": number, "changes": {"notes": "Called back"}}
    ]
    tasks.pull_referrals()
    assert now(referral) == ("open", "urgent", "Called back")


@pytest.mark.parametrize("first", ["pull", "push"])
def test_what_both_changed_is_merged_column_by_column(link: NoCodeBackendTwin, first: str) -> None:
    number, referral = theirs(link)
    there(link, number, status="accepted", notes="From there")
    referrals.update(referral=referral, actor=None, urgency="soon", notes="From here")
    steps = [tasks.pull_referrals, push] if first == "pull" else [push, tasks.pull_referrals]
    for step in (*steps, push, tasks.pull_referrals):
        step()
    both = "From here\n— from NoCodeBackend —\nFrom there"
    assert now(referral) == ("accepted", "soon", both)
    row = link.table("referrals").rows[number]
    assert (row["status"], row["urgency_level"], row["notes"]) == ("accepted", "soon", both)
    assert sync_of(referral).state == "completed"


def test_of_two_statuses_ours_stands(link: NoCodeBackendTwin) -> None:
    number, referral = theirs(link)
    moves.decline(referral=referral, actor=None)
    there(link, number, status="accepted")
    tasks.pull_referrals()
    push()
    assert now(referral)[0] == link.table("referrals").rows[number]["status"] == "declined"


def test_a_move_that_our_rules_forbid_stays_theirs(link: NoCodeBackendTwin) -> None:
    number, referral = theirs(link, status="completed")
    there(link, number, status="pending")
    for _ in range(2):
        tasks.pull_referrals()
        push()
    assert (now(referral)[0], link.table("referrals").rows[number]["status"]) == ("completed", "pending")
    assert link.ledger == []


def test_their_booking_is_an_acceptance_here(link: NoCodeBackendTwin) -> None:
    number, referral = theirs(link)
    there(link, number, status="booked")
    tasks.pull_referrals()
    push()
    assert (now(referral)[0], link.table("referrals").rows[number]["status"]) == ("accepted", "booked")


def test_who_is_erased_here_loses_name_address_and_texts_there(link: NoCodeBackendTwin) -> None:
    number, referral = theirs(link)
    erase_contact(contact=Contact.objects.get(), actor=None)
    push()
    row = link.table("referrals").rows[number]
    assert not [word for word in ("Ines", "ines", "website", "Jaw") if word in str(row)]
    tasks.pull_referrals()
    assert Referral.objects.get().pk == referral.pk


@pytest.mark.parametrize("ours", [True, False])
def test_a_row_that_is_gone_is_noticed_and_one_that_slipped_is_not(
    link: NoCodeBackendTwin, ours: bool
) -> None:
    link.put("referrals", {**ROW, "referral_id": "web_0200", "contact": "olu@example.com"})
    if ours:
        referral = make_referral()
        push()
        number = row_of(link, referral)["id"]
    else:
        number, referral = theirs(link)
    link.faults.add(Fault(Kind.ANSWER, path="^/read/", answer={"status": "success", "data": []}, status=200))
    tasks.pull_referrals()  # a page that shows nothing proves nothing
    assert sync_of(referral).deleted_there_at is None
    link.table("referrals").delete(number)
    tasks.pull_referrals()
    assert sync_of(referral).deleted_there_at is not None
    assert Alert.objects.unresolved().get().kind == "referral_deleted_there"
    assert Event.objects.filter(name="referral.deleted_there").count() == 1


def test_a_referral_that_was_deleted_here_does_not_come_back(link: NoCodeBackendTwin) -> None:
    number, referral = theirs(link)
    referrals.erase(referral=referral, actor=None)
    for _ in range(2):
        push()
        tasks.pull_referrals()
    assert not Referral.objects.exists()
    assert number in link.table("referrals").rows


def test_a_row_of_ours_from_before_is_recognised(link: NoCodeBackendTwin) -> None:
    referral = make_referral()
    ReferralSync.objects.all().delete()
    link.put("referrals", {"referral_id": referral.reference, "notes": "Old"}, {"referral_id": "ref_999999"})
    tasks.pull_referrals()
    push()
    assert row_of(link, referral)["status"] == "open"
    assert Referral.objects.count() == 1


def test_a_long_table_is_read_on_where_the_last_run_stopped(
    link: NoCodeBackendTwin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling, "PAGE", 3)
    link.put(
        "referrals", *[{**ROW, "referral_id": f"web_{n}", "contact": f"p{n}@example.com"} for n in range(7)]
    )
    link.faults.add(Fault(Kind.ANSWER, path="^/read/", skip=1, status=403, answer=b""))
    tasks.pull_referrals()
    assert (Referral.objects.count(), Instance.objects.get().next_offset) == (3, 3)
    assert Instance.objects.get().last_error == "forbidden"
    Instance.objects.update(down_until=None)
    tasks.pull_referrals()
    state = Instance.objects.get()
    assert (Referral.objects.count(), state.next_offset, state.failures) == (7, 0, 0)
    assert state.read_at is not None
    assert state.read_at <= clock.now()
