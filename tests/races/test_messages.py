"""Two workers, their sweeps and the people at the front desk all want to send, or to stop, the same messages."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from messaging.models import Message
from tests.core.watching import eventually, wait_until_ready
from tests.messaging.sink import Sink, running
from tests.races.clinic import Clinic, slot, spread
from tests.services import invariants
from tests.services.crowd import at_once, send
from tests.services.mailbox import arrived, sends_to, wait_until_delivered
from tests.services.processes import Started, free_port

PRESSES = 4
AT_ONCE_ACCEPTED = 4


@dataclass
class SlowSink(Sink):
    """Accepts a few mails (one more where two workers send at once), then none until ``goes_on`` is set, then one after the other."""

    goes_on: threading.Event = field(default_factory=threading.Event)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        while len(self.accepted) >= AT_ONCE_ACCEPTED and not self.goes_on.is_set():
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        return await super().handle_DATA(server, session, envelope)


@pytest.fixture
def sink() -> Iterator[Sink]:
    with running() as started:
        yield started


def test_a_reminder_that_is_asked_for_again_and_again_while_two_workers_sweep_is_one_mail(
    clinic: Clinic, servers: Sequence[str], worker: Callable[..., Started], sink: Sink
) -> None:
    workers = [worker(**sends_to(sink)) for _ in range(2)]
    bookings = [send(clinic.books(servers[0], slot(n), contact=n)).body["id"] for n in range(4)]
    for started in workers:
        wait_until_ready(started)

    answers = at_once(
        [
            clinic.call(server, "POST", f"bookings/{pk}/send-reminder", {})
            for pk in bookings
            for server in spread(servers, PRESSES)
        ]
    )
    wait_until_delivered()

    assert Counter(answer.status for answer in answers) == {201: PRESSES * len(bookings)}
    assert len({answer.body["message_id"] for answer in answers}) == len(bookings)
    sent = Counter(Message.objects.values_list("rule", "state"))
    assert sent == {("booking_confirmation", "sent"): 4, ("booking_reminder", "sent"): 4}
    assert invariants.unlike_the_ledger(arrived(sink)) == []
    assert invariants.broken() == {}


def test_no_automated_message_is_begun_after_a_staff_reply(
    clinic: Clinic, servers: Sequence[str], worker: Callable[..., Started]
) -> None:
    people = clinic.contacts[:8]
    sink = SlowSink(free_port())
    at_once([clinic.books(server, slot(n), contact=n % 8) for n, server in enumerate(spread(servers, 32))])
    replies = [
        clinic.call(server, "POST", "messages", {"contact_id": person, "body": "I look into it."})
        for person, server in zip(people, spread(servers, 8), strict=True)
    ]
    with running(sink):
        worker(**sends_to(sink))
        eventually(lambda: len(sink.accepted) >= AT_ONCE_ACCEPTED, "the first mails arrive")
        first = send(replies[0])
        sink.goes_on.set()
        answers = dict(zip(people, [first, *at_once(replies[1:])], strict=True))
        wait_until_delivered()

    assert {answer.status for answer in answers.values()} == {201}
    fates = Counter(Message.objects.filter(automated=True).values_list("state", "reason"))
    assert fates.keys() == {("sent", ""), ("suppressed", "staff_replied")}
    assert fates.total() == 32
    late = [
        message
        for message in Message.objects.filter(automated=True, state="sent")
        if message.wire_started_at is None or message.wire_started_at > answers[message.contact_id or 0].at
    ]
    assert late == []
    assert list(Message.objects.filter(rule="reply").values_list("state", flat=True)) == ["sent"] * 8
    assert invariants.unlike_the_ledger(arrived(sink)) == []
    assert invariants.broken() == {}
