"""The worker is killed at every step of a delivery. The mail server's own list says what was sent."""

import sys
from collections.abc import Callable, Sequence

from bookings.models import Booking
from careops.core.models import Alert
from messaging.models import Message
from tests.core.watching import eventually
from tests.crashes.conftest import FrontDesk, let_leases_run_out, states
from tests.messaging.sink import Sink
from tests.services import invariants
from tests.services.mailbox import arrived, sends_to, wait_until_delivered
from tests.services.processes import Server, Started

BOOKINGS, MESSAGES = 3, 6
SENT, SENDING, UNKNOWN = "sent", "sending", "unknown"
# Where one worker after the other dies, how many mails have arrived by then, and what the ledger says.
STEPS: Sequence[tuple[str, int, list[str]]] = (
    ("claimed", 0, [SENDING] * 6),
    ("wire:2", 1, [SENT, *[SENDING] * 5]),
    ("accepted", 2, [SENT, UNKNOWN, *[SENDING] * 4]),
    ("recorded", 3, [SENT, UNKNOWN, UNKNOWN, SENT, SENDING, SENDING]),
)


def book_all(front_desk: FrontDesk, server: Server) -> list[int]:
    answers = [front_desk.book(server, n) for n in range(BOOKINGS)]
    assert [answer.status for answer in answers] == [201] * BOOKINGS
    return [answer.body["id"] for answer in answers]


def test_no_mail_goes_out_twice_and_what_is_in_doubt_is_told(
    front_desk: FrontDesk,
    serve: Callable[..., Server],
    dies_at: Callable[..., None],
    worker: Callable[..., Started],
    sink: Sink,
) -> None:
    made = book_all(front_desk, serve())
    for point, mails, ledger in STEPS:
        dies_at(point)
        assert (point, len(sink.accepted), states()) == (point, mails, ledger)
        let_leases_run_out()

    worker(**sends_to(sink))
    wait_until_delivered()

    assert states() == [SENT, UNKNOWN, UNKNOWN, SENT, SENT, SENT]
    assert len(sink.accepted) == MESSAGES - 1  # of the two in doubt, one had not left and one had
    assert invariants.unlike_the_ledger(arrived(sink)) == []
    assert invariants.broken() == {}
    assert list(Alert.objects.values_list("kind", "count")) == [("message_unknown", 1)] * 2
    assert list(Booking.objects.order_by("pk").values_list("pk", flat=True)) == made


def test_a_short_lease_of_a_dead_worker_runs_out_by_itself(
    front_desk: FrontDesk,
    serve: Callable[..., Server],
    dies_at: Callable[..., None],
    worker: Callable[..., Started],
    sink: Sink,
) -> None:
    lease = {"OUTBOX_LEASE_SECONDS": "3"}
    book_all(front_desk, serve())
    dies_at("claimed", **lease)

    worker(**sends_to(sink, **lease))
    wait_until_delivered()

    assert states() == [SENT] * MESSAGES
    assert invariants.unlike_the_ledger(arrived(sink)) == []
    assert invariants.broken() == {}


def test_a_worker_that_sends_blindly_again_is_caught(
    front_desk: FrontDesk,
    serve: Callable[..., Server],
    start_process: Callable[..., Started],
    dies_at: Callable[..., None],
    sink: Sink,
) -> None:
    book_all(front_desk, serve())
    dies_at("accepted:2")
    let_leases_run_out()

    start_process([sys.executable, "tests/crashes/blind_worker.py", "worker"], **sends_to(sink))
    eventually(lambda: states() == [SENT] * MESSAGES, "everything is sent", seconds=60)

    assert len(arrived(sink)) == MESSAGES + 1
    second = Message.objects.order_by("pk")[1].pk
    assert invariants.unlike_the_ledger(arrived(sink)) == [f"message {second} is sent and arrived 2 times"]
