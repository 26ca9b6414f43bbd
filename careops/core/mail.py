"""Sending one e-mail: over SMTP, or into a folder of real ``.eml`` files where no server is configured.

``send`` tells the three outcomes apart that the outbox knows: accepted, certainly not (TransportError), and
perhaps (Ambiguous). The two backends are Django's own kind, so everything else that mails goes the same way.
"""

import hashlib
import os
import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from email.utils import parseaddr
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import sanitize_address
from django.db import transaction

from careops.core import clock
from careops.core.alerts import AlertKind, raise_alert, resolve_alert
from careops.core.delivery import Ambiguous, TransportError, Wire
from careops.core.identity import CONTROL, InvalidEmail, ascii_domain, normal_email
from careops.core.mail_replies import About, Fault, Stage, about, status
from careops.core.models import Severity

FINAL_DOT = b"\r\n.\r\n"
COMMANDS = {
    "ehlo": Stage.EHLO, "helo": Stage.EHLO, "starttls": Stage.STARTTLS, "auth": Stage.AUTH, "mail": Stage.MAIL,
    "rcpt": Stage.RCPT, "data": Stage.DATA,
}  # fmt: skip
STAGE_NAMES = {Stage.MAIL: "message", Stage.RCPT: "recipient", Stage.DATA: "message"}

MAIL_SERVER_REFUSES = AlertKind(
    "mail_server_refuses", Severity.CRITICAL, "The mail server refuses this installation",
    "Do what the detail says. Waiting mails are tried again, and the next accepted mail closes this alert.",
)  # fmt: skip


class MailServerRefused(TransportError):
    """The mail server did not take the mail, for a reason that is about this installation."""

    def __init__(self, code: str, fault: Fault, said: str = "") -> None:
        super().__init__(code)
        self.fault, self.said = fault, said


def message_id(dedup_key: str) -> str:
    """The Message-ID of an effect: the same for the same key, and nothing of the key can be read from it."""
    domain = parseaddr(_sender())[1].rpartition("@")[2] or "localhost"
    return f"<{hashlib.sha256(dedup_key.encode()).hexdigest()[:32]}@{domain}>"


def _sender() -> str:
    """DEFAULT_FROM_EMAIL with the domain that mail servers know. Django would encode it by IDNA 2003."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    known = domain if domain.isascii() else ascii_domain(domain)
    return str(settings.DEFAULT_FROM_EMAIL).replace(domain, known)


def send(
    *, to: str, subject: str, body: str, message_id: str, wire: Wire, headers: Mapping[str, str] | None = None
) -> str:
    """Send one plain text e-mail to one address and return its Message-ID.

    ``wire()`` is called once, just before anything leaves this process. Raises TransportError when the mail
    certainly was not accepted and Ambiguous when the answer after its end was lost.
    """
    given = {"Message-ID": message_id, **(headers or {})}
    mail = EmailMessage(subject, body, from_email=_sender(), to=[_mailbox(to)], headers=given)
    _refuse_bad_headers(mail)
    wire()
    get_connection().send_messages([mail])
    return message_id


def _mailbox(to: str) -> str:
    """The address in the form that mail servers know. Raises TransportError when it is none."""
    if CONTROL.search(to):
        raise TransportError("bad_header", permanent=True)
    try:
        return normal_email(to, required=True)
    except InvalidEmail:
        raise TransportError("bad_address", permanent=True) from None


def _refuse_bad_headers(mail: EmailMessage) -> None:
    """Raise before the wire for a header that another person could have made, or one that names another mailbox."""
    if any(CONTROL.search(text) for text in (mail.subject, *mail.extra_headers.values())):
        raise TransportError("bad_header", permanent=True)
    try:
        header = parseaddr(str(mail.message()["To"]))[1]
        envelope = [sanitize_address(to, "utf-8") for to in mail.to]
    except ValueError:
        raise TransportError("bad_address", permanent=True) from None
    if not [header] == envelope == mail.to:
        raise TransportError("bad_address", permanent=True)


class _Exchange(smtplib.SMTP):
    """One SMTP exchange that notes its stage and the moment of no return, and is cut off when its time is up.

    smtplib raises the same SMTPServerDisconnected before DATA and after the final dot, and its time-out
    starts anew with every byte.
    """

    final_dot_written = False
    stage = Stage.CONNECT

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

    def putcmd(self, cmd: str, args: str = "") -> None:
        self.stage = COMMANDS.get(cmd.partition(" ")[0].lower(), self.stage)
        super().putcmd(cmd, args)

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
    """Django's SMTP backend, whose faults say whether the mail may have been accepted.

    A refusal of this installation opens the one alert about the mail server. The next accepted mail closes it.
    """

    @property
    def connection_class(self) -> type[_Exchange]:
        return _TlsExchange if self.use_ssl else _Exchange

    @property
    def exchange(self) -> _Exchange | None:
        """The connection, also while it is being opened."""
        return cast("_Exchange | None", self.connection or self._partial_connection)  # type: ignore[attr-defined]

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
        except MailServerRefused as error:
            raise_alert(MAIL_SERVER_REFUSES, detail=f"{error.fault} {error.said}".strip())
            raise
        finally:
            # What was accepted stays accepted, whatever the server says to our farewell.
            with suppress(OSError):
                self.close()
        resolve_alert(MAIL_SERVER_REFUSES)
        return sent


@contextmanager
def _translated(backend: SmtpBackend) -> Iterator[None]:
    """Turn smtplib's errors into ours (RFC 5321, 4.2.1: 4yz is a transient refusal, 5yz a permanent one)."""
    try:
        yield
    except OSError as error:  # smtplib's own errors are OSErrors too
        answered = isinstance(error, smtplib.SMTPDataError) and 400 <= error.smtp_code < 600
        exchange = backend.exchange
        if exchange is not None and exchange.final_dot_written and not answered:
            raise Ambiguous("answer_lost") from None
        raise _certainly_not(error, exchange.stage if exchange else Stage.CONNECT) from None


def _certainly_not(error: OSError, stage: Stage) -> TransportError:
    match error:
        case smtplib.SMTPRecipientsRefused():
            ((code, text),) = error.recipients.values()
            return _refused(Stage.RCPT, code, text)
        case smtplib.SMTPResponseException():
            return _refused(stage, error.smtp_code, error.smtp_error)
        case smtplib.SMTPServerDisconnected():
            return TransportError("smtp_disconnected")
        case ssl.SSLCertVerificationError():
            return MailServerRefused("server_certificate", Fault.CERTIFICATE)
        case ssl.SSLError() if stage in {Stage.CONNECT, Stage.STARTTLS} and not isinstance(
            error, ssl.SSLEOFError
        ):
            return MailServerRefused("server_tls", Fault.TLS)
        case smtplib.SMTPException():  # the server does not offer what EMAIL_URL asks for
            missing_tls = isinstance(error, smtplib.SMTPNotSupportedError) and "STARTTLS" in str(error)
            fault = Fault.NO_STARTTLS if missing_tls else Fault.NO_AUTH
            return MailServerRefused(f"server_{fault.name.lower()}", fault)
    return TransportError("smtp_unreachable")


def _refused(stage: Stage, code: int, reply: bytes | str) -> TransportError:
    text = reply.decode("ascii", "replace") if isinstance(reply, bytes) else reply
    match about(stage, code, text):
        case Fault() as fault:
            return MailServerRefused(f"server_refused_{code}", fault, f"({status(code, text)})")
        case About.MOMENT:
            return TransportError(f"{STAGE_NAMES.get(stage, 'server')}_refused_{code}")
        case verdict:
            return TransportError(f"{verdict.value}_refused_{code}", permanent=True)


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
        name = f"{clock.now():%Y%m%dT%H%M%S.%f}-{_file_id(str(document['Message-ID']))}.eml"
        half = folder / f".{name}.{os.getpid()}"
        half.touch(mode=0o600)
        half.write_bytes(document.as_bytes(linesep="\r\n"))  # type: ignore[call-arg]
        half.rename(folder / name)


def _file_id(message_id: str) -> str:
    """What the name of a mail's file holds of its Message-ID."""
    return re.sub(r"[^0-9A-Za-z.-]", "", message_id.partition("@")[0])


def forget_files(dedup_keys: Iterable[str]) -> None:
    """Delete the ``.eml`` files of these effects when the transaction commits, from the folder of FolderBackend."""
    ids = {_file_id(message_id(key)) for key in dedup_keys}

    def delete() -> None:
        for file in Path(settings.EMAIL_FILE_PATH).glob("*.eml"):
            if file.stem.rpartition("-")[2] in ids:
                file.unlink(missing_ok=True)

    if ids:
        transaction.on_commit(delete)
