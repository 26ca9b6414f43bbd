"""The web process is killed at every step of a booking, and the client, who heard nothing, asks again."""

from collections.abc import Callable

import pytest

from bookings.models import Booking
from careops.core.models import Alert
from messaging.models import Contact
from tests.crashes.conftest import FrontDesk, states
from tests.messaging.sink import Sink
from tests.services import invariants
from tests.services.mailbox import arrived, sends_to, wait_until_delivered
from tests.services.processes import Server, Started

# Of the second booking: its client's event and its own, all its rows, its bell, its commit.
BEFORE_COMMIT = ("event:3", "event:4", "booked:2", "rung:2")
AFTER_COMMIT = ("committed:2",)


@pytest.mark.parametrize("point", [*BEFORE_COMMIT, *AFTER_COMMIT])
def test_a_client_who_asks_again_has_one_booking_and_one_confirmation(
    front_desk: FrontDesk,
    serve: Callable[..., Server],
    worker: Callable[..., Started],
    sink: Sink,
    point: str,
) -> None:
    dying = serve(CAREOPS_CRASH_AT=point)
    told = front_desk.book(dying, 0)
    unheard = front_desk.book(dying, 1)
    dying.started.process.wait(timeout=30)
    stands = point in AFTER_COMMIT
    assert (told.status, unheard.status) == (201, 0)
    assert (Booking.objects.count(), Contact.objects.count()) == ((2, 2) if stands else (1, 1))

    healthy = serve()
    retried, repeated = front_desk.book(healthy, 1), front_desk.book(healthy, 1)
    after = front_desk.book(healthy, 2)
    worker(**sends_to(sink))
    wait_until_delivered()

    assert [answer.status for answer in (retried, repeated, after)] == [201, 201, 201]
    assert (retried.replayed, repeated.replayed) == (stands, True)
    assert retried.body["id"] == repeated.body["id"]
    ids = [answer.body["id"] for answer in (told, retried, after)]
    assert list(Booking.objects.order_by("scheduled_at").values_list("pk", flat=True)) == ids
    assert states() == ["sent"] * 6
    assert invariants.unlike_the_ledger(arrived(sink)) == []
    assert (invariants.broken(), Alert.objects.count()) == ({}, 0)
