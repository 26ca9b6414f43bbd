"""An erasure locks the bookings before their contact, as the verbs of bookings do: none waits for the other for ever."""

from collections.abc import Callable
from functools import partial

import pytest

from messaging.models import Contact
from tests.bookings.lock_waits import is_free, waiting_for
from tests.core.threads import at_once
from tests.factories.accounts import client_of, make_user
from tests.factories.bookings import make_booking, make_contact, make_provider
from tests.factories.forms import Tab
from tests.factories.office import office, page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres_only]


def erase_by_api(contact: Contact) -> Callable[[], int]:
    api = client_of(make_user("admin"))
    return lambda: int(api.delete(f"/api/contacts/{contact.pk}?force=true").status_code)


def erase_under_if_match(contact: Contact) -> Callable[[], int]:
    api = client_of(make_user("admin"))
    path = f"/api/contacts/{contact.pk}"
    tag = api.get(path).headers["ETag"]
    return lambda: int(api.delete(f"{path}?force=true", headers={"If-Match": tag}).status_code)


def erase_in_the_back_office(contact: Contact) -> Callable[[], int]:
    tab = Tab(office("admin"), page(contact, "delete"))
    return lambda: int(tab.save(force="on").status_code)


DOORS = [erase_by_api, erase_under_if_match, erase_in_the_back_office]


def holds_the_contact_while_it_waits(door: Callable[[Contact], Callable[[], int]]) -> bool:
    """Whether an erasure that waits for a booking holds the contact; afterwards the erasure has ended well."""
    contact = make_contact()
    booking = make_booking(make_provider(), contact)
    with waiting_for(booking, door(contact)) as answers:
        held = not is_free(contact)
    contact.refresh_from_db()
    assert (answers[0] in {204, 302}, contact.erased_at is not None) == (True, True)
    return held


@pytest.mark.parametrize("door", DOORS)
def test_an_erasure_that_waits_for_a_booking_does_not_hold_the_contact(
    door: Callable[[Contact], Callable[[], int]],
) -> None:
    assert not holds_the_contact_while_it_waits(door)


@pytest.mark.parametrize("door", DOORS)
def test_the_contact_first_would_be_seen(
    door: Callable[[Contact], Callable[[], int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: an erasure that locks the contact first holds it while it waits."""
    monkeypatch.setattr("careops.person_data.LOCKS", ())
    assert holds_the_contact_while_it_waits(door)


def test_a_change_of_the_client_and_an_erasure_at_once_both_end() -> None:
    staff = client_of(make_user("staff"))
    for _ in range(5):
        contact, other = make_contact(), make_contact()
        path = f"/api/bookings/{make_booking(make_provider(), contact).pk}"
        change, erased = at_once(
            partial(staff.patch, path, {"contact_id": other.pk}, format="json"), erase_by_api(contact)
        )
        assert (change.status_code in {200, 409}, erased) == (True, 204), change.content
