"""The web process is killed at every step of a booking, and the client, who heard nothing, asks again."""

from collections.abc import Callable

from bookings.models import Booking
from careops.core.models import Alert
from messaging.models import Contact, Message
from tests.crashes.conftest import FrontDesk, states
from tests.messaging.sink import Sink
from tests.services import invariants
from tests.services.crowd import Answer
from tests.services.mailbox import arrived, sends_to, wait_until_delivered
from tests.services.processes import Server, Started

# Where it dies, and how many bookings, contacts and messages stand then: the first server has made one booking.
ONE, TWO = (1, 1, 2), (2, 2, 4)
STEPS = (
    ("event:3", ONE),  # the new client is written
    ("event:2", ONE),  # the booking too
    ("booked", ONE),  # and all that follows from it
    ("rung", ONE),  # the bell too
    ("committed", TWO),  # everything stands, nobody was told
)


def standing() -> tuple[int, ...]:
    return tuple(table._default_manager.count() for table in (Booking, Contact, Message))


def test_a_client_who_asks_again_after_each_crash_has_one_booking_and_one_confirmation(
    front_desk: FrontDesk, serve: Callable[..., Server], worker: Callable[..., Started], sink: Sink
) -> None:
    told: list[Answer] = []
    for point, expected in STEPS:
        dying = serve(CAREOPS_CRASH_AT=point)
        told += [] if told else [front_desk.book(dying, 0)]
        assert front_desk.book(dying, 1).status == 0  # it was killed, and its successor is not asked
        dying.started.process.terminate()
        dying.started.process.wait(timeout=30)
        assert (point, standing()) == (point, expected)

    healthy = serve()
    again, once_more = front_desk.book(healthy, 1), front_desk.book(healthy, 1)
    told += [again, front_desk.book(healthy, 2)]
    worker(**sends_to(sink))
    wait_until_delivered()

    assert [answer.status for answer in told] == [201, 201, 201]
    assert (again.replayed, once_more.replayed, again.body) == (True, True, once_more.body)
    known = Booking.objects.order_by("scheduled_at").values_list("pk", flat=True)
    assert list(known) == [answer.body["id"] for answer in told]
    assert states() == ["sent"] * 6
    assert invariants.unlike_the_ledger(arrived(sink)) == []
    assert (invariants.broken(), Alert.objects.count()) == ({}, 0)
