"""The doctor's questions about practices: each broken rule is named."""

from collections.abc import Callable

import pytest

from careops.core.outbox import State
from integrations.pms.invariants import INVARIANTS
from integrations.pms.models import PatientLink, PmsWriteback
from tests.factories.bookings import make_contact
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


@pytest.mark.parametrize(
    ("corrupt", "rule"),
    [
        (leave_in_doubt, "doubtful_writebacks_are_told"),
        (leave_stuck, "doubtful_writebacks_are_told"),
        (lose_the_authorisation, "lost_authorisations_are_told"),
        (ask_two_things_at_once, "one_change_at_a_time"),
        (forget_the_patient, "what_was_made_is_linked"),
        (lose_the_key, "usable_practices_have_keys"),
    ],
)
def test_what_is_broken_is_named(desk: Desk, corrupt: Callable[[Desk], None], rule: str) -> None:
    desk.book()
    desk.work(minutes=5)
    assert broken() == []

    corrupt(desk)

    assert broken() == [rule]
