"""The doctor's questions about referrals: silent about what the verbs make, and each broken rule is named."""

import os
import time
from collections.abc import Callable

import pytest

from connections.invariants import INVARIANTS
from connections.models import Referral, ReferralFile
from connections.services.files import shelf
from tests.factories.bookings import make_booking, make_client, make_contact
from tests.factories.referrals import make_referral, make_referral_file

pytestmark = pytest.mark.django_db
A_DAY_AGO = 24 * 3600


def broken() -> list[str]:
    """The rules that are broken."""
    return [rule.__name__ for rule in INVARIANTS if list(rule())]


def book_somebody_else() -> None:
    Referral.objects.update(booking=make_booking(contact=make_contact()))


def name_another_client() -> None:
    Referral.objects.update(client=make_client()[0])


def lose_the_booking() -> None:
    Referral.objects.update(booking=None)


def forge_a_reference() -> None:
    Referral.objects.update(reference="ref_x")


def cut_the_content() -> None:
    shelf().path(ReferralFile.objects.get().key).write_bytes(b"%PDF")


def lose_the_row() -> None:
    content = shelf().path(ReferralFile.objects.get().key)
    os.utime(content, (time.time() - A_DAY_AGO,) * 2)
    ReferralFile.objects.all().delete()


@pytest.mark.parametrize(
    ("corrupt", "rule"),
    [
        (lose_the_booking, "booked_referrals_have_a_booking"),
        (book_somebody_else, "referral_and_booking_are_of_one_person"),
        (name_another_client, "referral_and_booking_are_of_one_person"),
        (forge_a_reference, "references_are_their_numbers"),
        (cut_the_content, "files_are_where_their_rows_say"),
        (lose_the_row, "nothing_lies_on_the_shelf_without_a_row"),
    ],
)
def test_what_is_broken_is_named(corrupt: Callable[[], None], rule: str) -> None:
    make_referral_file(make_referral(make_client()[1], status="booked"))
    assert broken() == []

    corrupt()

    assert broken() == [rule]
