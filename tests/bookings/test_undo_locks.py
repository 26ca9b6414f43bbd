"""An undo locks both providers in the order of their ids, so that it and a crosswise move never wait for each other."""

from collections.abc import Callable

import pytest

from bookings import services
from bookings.models import Booking
from tests.bookings.lock_waits import is_free, waiting_for
from tests.factories.accounts import client_of, make_user
from tests.factories.bookings import make_booking, make_provider
from tests.factories.forms import Tab
from tests.factories.office import office, page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres_only]


def undo_under_if_match(booking: Booking) -> Callable[[], int]:
    api = client_of(make_user("staff"))
    tag = api.get(f"/api/bookings/{booking.pk}").headers["ETag"]
    return lambda: int(
        api.post(f"/api/bookings/{booking.pk}/undo", {}, headers={"If-Match": tag}).status_code
    )


def undo_in_the_back_office(booking: Booking) -> Callable[[], int]:
    tab = Tab(office("staff"), page(booking, "do/undo"))
    return lambda: int(tab.save().status_code)


@pytest.mark.parametrize("door", [undo_under_if_match, undo_in_the_back_office])
def test_an_undo_holds_no_provider_while_it_waits_for_an_earlier_one(
    door: Callable[[Booking], Callable[[], int]],
) -> None:
    first, second = make_provider(), make_provider()
    booking = make_booking(first)
    services.reschedule(booking=booking, actor=None, provider_id=second.pk)
    with waiting_for(first, door(booking)) as answers:
        assert is_free(second)
    booking.refresh_from_db()
    assert (answers[0] in {200, 302}, booking.provider_id) == (True, first.pk)
