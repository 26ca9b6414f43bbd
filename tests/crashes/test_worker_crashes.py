"""The worker is killed at every step of a delivery. The mail server's own list says what was sent."""

import sys
from collections.abc import Callable

import pytest

from bookings.models import Booking
from careops.core.models import Alert
from messaging.models import Message
from tests.core.watching import eventually
from tests.crashes.conftest import FrontDesk, kill_worker_that_crashed, states
from tests.messaging.sink import Sink
from tests.services import invariants
from tests.services.mailbox import arrived, sends_to, wait_until_delivered
from tests.services.processes import Server, Started

LEASE = {"OUTBOX_LEASE_SECONDS": "4"}
BOOKINGS, MESSAGES = 3, 6


def book_all(front_desk: FrontDesk, server: Server) -> list[int]:
    answers = [front_desk.book(server, n) for n in range(BOOKINGS)]
    assert [answer.status for answer in answers] == [201] * BOOKINGS
    return [answer.body["id"] for answer in answers]


# Where it dies, how many mails have arrived by then, and whether the one at hand may have been among them.
@pytest.mark.parametrize(
    ("point", "mails", "in_doubt"),
    [("claimed", 0, False), ("wire:2", 1, True), ("accepted:2", 2, True), ("recorded:2", 2, False)],
)
def test_no_mail_goes_out_twice_and_what_is_in_doubt_is_told(
    front_desk: FrontDesk,
    serve: Callable[..., Server],
    worker: Callable[..., Started],
    sink: Sink,
    point: str,
    mails: int,
    in_doubt: bool,
) -> None:
    made = book_all(front_desk, serve())
    kill_worker_that_crashed(worker(**sends_to(sink, **LEASE, CAREOPS_CRASH_AT=point)))
    assert len(sink.accepted) == mails

    worker(**sends_to(sink, **LEASE))
    wait_until_delivered()

    doubtful = ["sent", "unknown", *["sent"] * 4]
    assert states() == (doubtful if in_doubt else ["sent"] * MESSAGES)
    assert len(sink.accepted) == MESSAGES - (point == "wire:2")
    assert invariants.unlike_the_ledger(arrived(sink)) == []
    assert invariants.broken() == {}
    assert Alert.objects.exclude(kind="message_unknown").count() == 0
    assert list(Booking.objects.order_by("pk").values_list("pk", flat=True)) == made


def test_a_worker_that_sends_blindly_again_is_caught(
    front_desk: FrontDesk,
    serve: Callable[..., Server],
    start_process: Callable[..., Started],
    worker: Callable[..., Started],
    sink: Sink,
) -> None:
    book_all(front_desk, serve())
    kill_worker_that_crashed(worker(**sends_to(sink, **LEASE, CAREOPS_CRASH_AT="accepted:2")))

    start_process([sys.executable, "tests/crashes/blind_worker.py", "worker"], **sends_to(sink, **LEASE))
    eventually(lambda: states() == ["sent"] * MESSAGES, "everything is sent")

    assert len(arrived(sink)) == MESSAGES + 1
    second = Message.objects.order_by("pk")[1].pk
    assert invariants.unlike_the_ledger(arrived(sink)) == [f"message {second} is sent and arrived 2 times"]
