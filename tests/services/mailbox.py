"""What real workers send: the environment that leads their mail to a sink, and what arrived there."""

from careops.core.outbox import State
from messaging.models import Message
from tests.core.watching import eventually
from tests.messaging.sink import Sink

MOVING = (State.PENDING, State.SENDING)


def sends_to(sink: Sink, **changes: str) -> dict[str, str]:
    """The environment of a worker that looks for work every second and mails to ``sink``."""
    return {"EMAIL_URL": f"smtp://127.0.0.1:{sink.port}", "WORKER_TICK_SECONDS": "1", **changes}


def arrived(sink: Sink) -> list[str]:
    """The Message-IDs of the mails that the sink accepted, in their order."""
    return [str(mail["Message-ID"]) for mail in sink.accepted]


def wait_until_delivered() -> None:
    """Return once no message waits or is being sent."""
    eventually(
        lambda: not Message.objects.filter(state__in=MOVING).exists(), "every message ends", seconds=60
    )
