"""The board offers an undo exactly where the API carries it out; a refusal is a sentence."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.enums import Role
from bookings.models import Booking
from connections.enums import ReferralStatus
from connections.models import Referral
from messaging.services.erasure import erase_contact
from tests.factories.accounts import client_with
from tests.factories.bookings import make_booking, make_contact, make_provider, make_service
from tests.factories.inventory import make_item, make_recipe, move
from tests.factories.office import office
from tests.factories.referrals import make_referral

pytestmark = pytest.mark.django_db
NOW = datetime(2027, 3, 10, 20, 0, 30, tzinfo=UTC)  # 9:00 of the next day in Auckland
DAYS = {"from": "2027-03-10", "to": "2027-03-12"}


@pytest.fixture(autouse=True)
def frozen() -> Any:
    with time_machine.travel(NOW, tick=False) as moment:
        yield moment


@pytest.fixture
def desk() -> Client:
    return office(Role.STAFF)


@pytest.fixture
def staff() -> APIClient:
    return client_with(Role.STAFF)


def patch(booking: Booking, **body: Any) -> None:
    answer = client_with(Role.STAFF).patch(f"/api/bookings/{booking.pk}", body, format="json")
    assert answer.status_code == 200, answer.content


def offered(desk: Client) -> dict[int, bool]:
    answer = desk.get("/admin/board/api/feed", DAYS)
    return {row["id"]: row["undo"] for row in answer.json()["bookings"]}


def completed_with_stock() -> Booking:
    make_item(10, sku="GLV")
    service = make_service(make_provider())
    make_recipe(service, GLV=2)
    booking = make_booking(service.provider, service_id=service.pk, at=NOW - timedelta(minutes=5))
    patch(booking, status="completed")
    return booking


def stock_by_hand() -> Booking:
    booking = completed_with_stock()
    move(make_item(10), -1, booking_id=booking.pk)
    return booking


def referred() -> Booking:
    referral = make_referral(status=ReferralStatus.BOOKED)
    assert referral.booking is not None
    patch(referral.booking, status="confirmed")
    return referral.booking


def referral_completed() -> Booking:
    booking = referred()
    Referral.objects.filter(booking=booking).update(status=ReferralStatus.COMPLETED)
    return booking


def cancelled_with_its_referral() -> Booking:
    booking = referred()
    patch(booking, status="cancelled")
    return booking


def referral_booked_anew() -> Booking:
    booking = cancelled_with_its_referral()
    anew = make_booking(contact=booking.contact, at=NOW + timedelta(hours=4))
    Referral.objects.filter(booking=booking).update(booking=anew, status=ReferralStatus.BOOKED)
    return booking


def erased() -> Booking:
    booking = make_booking(contact=make_contact(), at=NOW + timedelta(hours=2))
    erase_contact(contact=booking.contact, actor=None, force=True)
    return booking


def moved(*, text: str, to_service: bool) -> Booking:
    service = make_service(make_provider())
    booking = make_booking(service.provider, at=NOW + timedelta(hours=2), service_type=text)
    patch(booking, **({"service_id": service.pk} if to_service else {}), duration_minutes=45)
    return booking


def confirmed_before_midnight() -> Booking:
    with time_machine.travel(NOW - timedelta(hours=10), tick=False):
        booking = make_booking(make_provider(time_zone="Pacific/Auckland"), at=NOW + timedelta(hours=2))
        patch(booking, status="confirmed")
    return booking


def confirmed_this_morning() -> Booking:
    with time_machine.travel(NOW - timedelta(hours=10), tick=False):
        booking = make_booking(at=NOW + timedelta(hours=2))
        patch(booking, status="confirmed")
    return booking


CASES: dict[str, tuple[Callable[[], Booking], bool]] = {
    "a completion with its stock": (completed_with_stock, True),
    "stock recorded by hand since": (stock_by_hand, False),
    "a referral that follows": (referred, True),
    "a referral that went on": (referral_completed, False),
    "a referral that was freed": (cancelled_with_its_referral, True),
    "a referral that was booked anew": (referral_booked_anew, False),
    "an erased contact": (erased, False),
    "a longer visit": (lambda: moved(text="Words", to_service=False), True),
    "words that a service has replaced": (lambda: moved(text="Words", to_service=True), False),
    "yesterday at the provider": (confirmed_before_midnight, False),
    "today at the provider": (confirmed_this_morning, True),
}


@pytest.mark.parametrize(("make", "allowed"), CASES.values(), ids=CASES)
def test_the_offer_is_what_the_api_does(
    desk: Client, staff: APIClient, make: Callable[[], Booking], allowed: bool
) -> None:
    booking = make()

    found = offered(desk)[booking.pk]
    answer = staff.post(f"/api/bookings/{booking.pk}/undo")

    assert (found, answer.status_code) == (allowed, 200 if allowed else 409), answer.content
    if not allowed:
        assert answer.json()["code"] in {"cannot_undo", "contact_erased"}
        assert answer.json()["detail"].endswith(".")


def test_each_booking_has_an_answer_of_its_own(desk: Client) -> None:
    by_case = {name: (make().pk, allowed) for name, (make, allowed) in CASES.items() if "stock" not in name}
    found = offered(desk)
    assert {name: found[pk] for name, (pk, _) in by_case.items()} == {
        name: allowed for name, (_, allowed) in by_case.items()
    }


@pytest.mark.parametrize("rows", [1, 3])
def test_the_offers_take_as_many_statements_for_three_as_for_one(desk: Client, rows: int) -> None:
    services = [make_service(make_provider(capacity=3)) for _ in range(rows)]
    bookings = [make_booking(each.provider, at=NOW - timedelta(minutes=5)) for each in services]
    patch(bookings[0], status="completed")
    for booking, service in zip(bookings[1:], services[1:], strict=True):
        patch(booking, status="completed")
        other = make_booking(service.provider, service_id=service.pk, at=NOW + timedelta(hours=1))
        patch(other, duration_minutes=45)
    offered(desk)
    with CaptureQueriesContext(connection) as queries:
        offered(desk)
    # As without changes, and the changed bookings, stock by hand, events of referrals and referrals.
    assert len(queries) == 9 + 4
