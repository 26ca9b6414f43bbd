"""A real SMTP server that keeps what it accepted and fails on demand."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.services.processes import free_port


@dataclass
class Sink:
    """``fault`` is what happens to every mail until it is changed; ``calls`` counts the recipients offered.

    ``answers`` holds the reply to MAIL, RCPT or DATA in place of 250.
    """

    port: int
    fault: str = ""
    calls: int = 0
    accepted: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[Any]
    ) -> str:
        if "MAIL" in self.answers:
            return self.answers["MAIL"]
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802  (the server's name for it)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[Any]
    ) -> str:
        self.calls += 1
        if "RCPT" in self.answers:
            return self.answers["RCPT"]
        match self.fault:
            case "4xx":
                return "451 4.3.0 Later, please"
            case "5xx":
                return "550 5.1.1 No such mailbox"
            case "close before data":
                cast("asyncio.Transport", server.transport).abort()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if "DATA" in self.answers:
            return self.answers["DATA"]
        if self.fault == "data refused":
            return "554 5.6.0 Not like this"
        if self.fault == "busy after data":
            return "452 4.2.2 No room now"
        self.accepted.append(message_from_bytes(cast("bytes", envelope.content), policy=policy.default))
        self.recipients.append(list(envelope.rcpt_tos))
        if self.fault == "close after the final dot":
            cast("asyncio.Transport", server.transport).abort()
        if self.fault == "silent after the final dot":
            await asyncio.sleep(30)
        return "250 OK"


@contextmanager
def running(sink: Sink | None = None, **options: Any) -> Iterator[Sink]:
    """The server, on a free port or on that of ``sink``, until the block ends; ``options`` are aiosmtpd's."""
    sink = sink or Sink(free_port())
    controller = Controller(sink, hostname="127.0.0.1", port=sink.port, **options)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop(no_assert=True)
