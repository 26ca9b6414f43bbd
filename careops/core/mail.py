"""Sending one e-mail: over SMTP, or into a folder of real ``.eml`` files where no server is configured.

``send`` tells the three outcomes apart that the outbox knows: accepted, certainly not (TransportError), and
perhaps (Ambiguous). The two backends are Django's own kind, so everything else that mails goes the same way.
"""

import hashlib
import os
import re
import smtplib
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from email.utils import parseaddr
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import sanitize_address
from django.core.validators import validate_email

from careops.core import clock
from careops.core.delivery import Ambiguous, TransportError, Wire

FINAL_DOT = b"\r\n.\r\n"
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def message_id(dedup_key: str) -> str:
    """The Message-ID of an effect: the same for the same key, and nothing of the key can be read from it."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{hashlib.sha256(dedup_key.encode()).hexdigest()[:32]}@{domain}>"


def send(
    *, to: str, subject: str, body: str, message_id: str, wire: Wire, headers: Mapping[str, str] | None = None
) -> str:
    """Send one plain text e-mail to one address and return its Message-ID.

    ``wire()`` is called once, just before anything leaves this process. Raises TransportError when the mail
    certainly was not accepted and Ambiguous when the answer after its end was lost.
    """
    mail = EmailMessage(subject, body, to=[to], headers={"Message-ID": message_id, **(headers or {})})
    _refuse_bad_headers(mail)
    wire()
    get_connection().send_messages([mail])
    return message_id


def _refuse_bad_headers(mail: EmailMessage) -> None:
    """Raise before the wire for what would be, or could become, a header of somebody else's making."""
    if any(CONTROL.search(text) for text in (mail.subject, *mail.to, *mail.extra_headers.values())):
        raise TransportError("bad_header", permanent=True)
    try:
        mail.message()
        (address,) = (sanitize_address(to, "utf-8") for to in mail.to)
        validate_email(address)
    except (ValueError, ValidationError):
        raise TransportError("bad_address", permanent=True) from None


class _Exchange(smtplib.SMTP):
    """One SMTP exchange that notes the moment of no return and is cut off when its time is up.

    smtplib raises the same SMTPServerDisconnected before DATA and after the final dot, and its time-out
    starts anew with every byte.
    """

    final_dot_written = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._deadline = threading.Timer(kwargs["timeout"], self._cut)
        self._deadline.daemon = True
        self._deadline.start()
        try:
            super().__init__(*args, **kwargs)
        except BaseException:
            self._deadline.cancel()
            raise

    def _cut(self) -> None:
        # The plain socket's shutdown, also under TLS: it wakes the reading thread and leaves the rest to it.
        if (sock := self.sock) is not None:
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def send(self, s: Any) -> None:
        super().send(s)
        if isinstance(s, bytes) and s.endswith(FINAL_DOT):
            self.final_dot_written = True

    def close(self) -> None:
        self._deadline.cancel()
        super().close()


class _TlsExchange(_Exchange, smtplib.SMTP_SSL):
    """The same with TLS from the first byte."""


class SmtpBackend(EmailBackend):
    """Django's SMTP backend, whose faults say whether the mail may have been accepted."""

    @property
    def connection_class(self) -> type[_Exchange]:
        return _TlsExchange if self.use_ssl else _Exchange

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Send each message over one connection. Raises TransportError or Ambiguous."""
        sent = 0
        try:
            with _translated(self):
                self.open()
            for message in email_messages:
                cast("_Exchange", self.connection).final_dot_written = False
                with _translated(self):
                    sent += bool(self._send(message))  # type: ignore[attr-defined]
        finally:
            # What was accepted stays accepted, whatever the server says to our farewell.
            with suppress(OSError):
                self.close()
        return sent


@contextmanager
def _translated(backend: SmtpBackend) -> Iterator[None]:
    """Turn smtplib's errors into ours (RFC 5321, 4.2.1: 4yz is a transient refusal, 5yz a permanent one)."""
    try:
        yield
    except OSError as error:  # smtplib's own errors are OSErrors too
        answered = isinstance(error, smtplib.SMTPDataError) and 400 <= error.smtp_code < 600
        if getattr(backend.connection, "final_dot_written", False) and not answered:
            raise Ambiguous("answer_lost") from None
        raise _certainly_not(error) from None


def _certainly_not(error: OSError) -> TransportError:
    match error:
        case smtplib.SMTPRecipientsRefused():
            return _refused("recipient", max(code for code, _ in error.recipients.values()))
        case smtplib.SMTPSenderRefused() | smtplib.SMTPDataError():
            return _refused("message", error.smtp_code)
        case smtplib.SMTPResponseException():
            # The greeting, HELO, sign-in: the server judged us, not this message, and may be put right.
            return TransportError(f"server_refused_{error.smtp_code}")
        case smtplib.SMTPServerDisconnected():
            return TransportError("smtp_disconnected")
    return TransportError("smtp_unreachable")


def _refused(what: str, code: int) -> TransportError:
    return TransportError(f"{what}_refused_{code}", permanent=500 <= code < 600)


class FolderBackend(BaseEmailBackend):
    """Writes each message as an ``.eml`` file into EMAIL_FILE_PATH; half a file is never seen.

    A file's name holds the time and the message's id, and nothing about a person.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write the messages. Raises TransportError when the folder takes no file."""
        folder = Path(settings.EMAIL_FILE_PATH)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for message in email_messages:
                self._write(folder, message)
        except OSError:
            raise TransportError("folder_not_writable") from None
        return len(email_messages)

    def _write(self, folder: Path, message: EmailMessage) -> None:
        document = message.message()
        local_part = re.sub(r"[^0-9A-Za-z.-]", "", str(document["Message-ID"]).partition("@")[0])
        name = f"{clock.now():%Y%m%dT%H%M%S.%f}-{local_part}.eml"
        half = folder / f".{name}.{os.getpid()}"
        half.touch(mode=0o600)
        half.write_bytes(document.as_bytes(linesep="\r\n"))  # type: ignore[call-arg]
        half.rename(folder / name)
