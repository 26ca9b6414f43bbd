"""The doctor's questions about practices: each broken rule is named."""

from collections.abc import Callable

import pytest

from careops.core.models import Alert
from careops.core.outbox import State
from integrations.pms.invariants import INVARIANTS
from integrations.pms.models import PatientLink, PatientMirror, PmsIntegration, PmsWriteback
from messaging.services.erasure import erase_contact
from tests.factories.bookings import make_contact
from tests.factories.pms import make_conflict
from tests.integrations.pms.desk import Desk


def broken() -> list[str]:
    """The rules that are broken."""
    return [rule.__name__ for rule in INVARIANTS if list(rule())]


def leave_in_doubt(desk: Desk) -> None:
    PmsWriteback.objects.filter(operation="book_appointment").update(state=State.UNKNOWN)


def leave_stuck(desk: Desk) -> None:
    PmsWriteback.objects.filter(operation="book_appointment").update(state=State.STUCK)


def lose_the_authorisation(desk: Desk) -> None:
    desk.change(state="needs_authorisation")


def lose_the_key(desk: Desk) -> None:
    desk.change(request_key="")


def ask_two_things_at_once(desk: Desk) -> None:
    one = make_contact().pk
    PmsWriteback.objects.update(state=State.SUBMITTED, entity_type="messaging.contact", entity_id=one)


def forget_the_patient(desk: Desk) -> None:
    PatientLink.objects.all().delete()


def tell_nobody_of_a_conflict(desk: Desk) -> None:
    make_conflict(PmsIntegration.objects.get(), make_contact())
    Alert.objects.all().delete()


def keep_what_an_erased_person_was(desk: Desk) -> None:
    PatientMirror.objects.create(
        integration=PmsIntegration.objects.get(), remote_id="80001", values="Ada Example", left_out=True
    )


def link_an_erased_person(desk: Desk) -> None:
    erased = make_contact()
    erase_contact(contact=erased, actor=None)
    PatientLink.objects.create(integration=PmsIntegration.objects.get(), contact=erased, remote_id="80002")


@pytest.mark.parametrize(
    ("corrupt", "rule"),
    [
        (leave_in_doubt, "doubtful_writebacks_are_told"),
        (leave_stuck, "doubtful_writebacks_are_told"),
        (lose_the_authorisation, "lost_authorisations_are_told"),
        (ask_two_things_at_once, "one_change_at_a_time"),
        (forget_the_patient, "what_was_made_is_linked"),
        (lose_the_key, "usable_practices_have_keys"),
        (tell_nobody_of_a_conflict, "open_conflicts_are_told"),
        (keep_what_an_erased_person_was, "erased_patients_hold_nothing"),
        (link_an_erased_person, "linked_patients_are_people"),
    ],
)
def test_what_is_broken_is_named(desk: Desk, corrupt: Callable[[Desk], None], rule: str) -> None:
    desk.book()
    desk.work(minutes=5)
    assert broken() == []

    corrupt(desk)

    assert broken() == [rule]
