"""What the mail server refuses about this installation: one alert, and nothing is lost. Server and TLS are real."""

import ipaddress
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from accounts.enums import MailKind, Role
from accounts.services.mails import plan_mail
from accounts.tasks import deliver_account_mail
from careops.core import clock
from careops.core.mail_replies import Fault
from careops.core.models import Alert
from messaging.models import Message
from tests.factories.accounts import make_user
from tests.factories.messaging import make_message
from tests.messaging.sink import Sink, running

pytestmark = pytest.mark.django_db
Deliver = Callable[[], None]
SELF = "127.0.0.1"


def open_alerts() -> list[tuple[str, str, int]]:
    return list(Alert.objects.active().order_by("id").values_list("kind", "detail", "count"))


def states() -> list[tuple[str, str]]:
    return list(Message.objects.order_by("id").values_list("state", "reason"))


def later(deliver: Deliver) -> None:
    """The worker's next look, after the first wait of the backoff."""
    with time_machine.travel(clock.now() + timedelta(seconds=40)):
        deliver()


@pytest.mark.parametrize(
    ("stage", "reply", "fault"),
    [
        ("MAIL", "530 5.7.0 Authentication required", Fault.SIGN_IN_REQUIRED),
        ("MAIL", "550 5.1.8 Unknown domain of the sender", Fault.SENDER),
        ("RCPT", "550 5.7.1 Client host rejected", Fault.POLICY),
        ("RCPT", "550 5.4.5 Daily user sending limit exceeded", Fault.QUOTA),
        ("RCPT", "554 5.7.1 Relay access denied", Fault.POLICY),
        ("DATA", "550 5.4.5 Daily user sending limit exceeded", Fault.QUOTA),
        ("DATA", "554 5.7.1 Blocked by policy", Fault.POLICY),
    ],
)
def test_a_refusal_of_this_installation_is_tried_again_and_is_one_alert(
    smtp: Sink, deliver: Deliver, stage: str, reply: str, fault: Fault
) -> None:
    for _ in range(2):
        make_message()
    smtp.answers[stage] = reply
    deliver()
    code, enhanced = reply.split()[:2]
    assert states() == [("pending", f"server_refused_{code}")] * 2
    assert open_alerts() == [("mail_server_refuses", f"{fault} ({code} {enhanced})", 2)]
    smtp.answers.clear()
    later(deliver)
    assert (states(), open_alerts(), len(smtp.accepted)) == ([("sent", "")] * 2, [], 2)


@pytest.mark.parametrize(
    ("stage", "reply", "code"),
    [
        ("RCPT", "550 5.1.1 No such mailbox", "recipient_refused_550"),
        ("RCPT", "552 5.2.2 Mailbox full", "recipient_refused_552"),
        ("DATA", "550 5.1.1 No such mailbox", "recipient_refused_550"),
        ("DATA", "552 5.3.4 Too big", "message_refused_552"),
    ],
)
def test_a_refusal_of_the_recipient_fails_the_message_alone(
    smtp: Sink, deliver: Deliver, stage: str, reply: str, code: str
) -> None:
    make_message()
    smtp.answers[stage] = reply
    deliver()
    assert (states(), open_alerts()) == ([("failed", code)], [("message_failed", code, 1)])


def test_a_server_that_is_busy_raises_no_alert(smtp: Sink, deliver: Deliver) -> None:
    make_message()
    smtp.answers["RCPT"] = "451 4.7.1 Greylisted"
    deliver()
    assert (states(), open_alerts()) == ([("pending", "recipient_refused_451")], [])


def test_a_mail_about_an_account_waits_likewise(smtp: Sink) -> None:
    user = make_user(Role.STAFF)
    plan_mail(user=user, kind=MailKind.RESET_PASSWORD)
    smtp.answers["RCPT"] = "554 5.7.1 Relay access denied"
    deliver_account_mail()
    assert [(kind, count) for kind, _, count in open_alerts()] == [("mail_server_refuses", 1)]
    smtp.answers.clear()
    later(deliver_account_mail)
    assert (open_alerts(), smtp.recipients) == ([], [[user.email]])


# --- TLS and the sign-in -------------------------------------------------------------------------------------------


@pytest.fixture
def tls(tmp_path: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS with a certificate of its own making, and the file that a client would trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SELF)])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    certificate = (
        builder.not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(SELF))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    public, private = tmp_path / "server.pem", tmp_path / "server.key"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(public, private)
    return context, public


def use(settings: Any, sink: Sink, **more: Any) -> None:
    """Send through ``sink`` with these settings."""
    settings.EMAIL_BACKEND = "careops.core.mail.SmtpBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = SELF, sink.port, 10
    for name, value in more.items():
        setattr(settings, name, value)


def refused(deliver: Deliver) -> tuple[list[tuple[str, str]], list[tuple[str, str, int]]]:
    make_message()
    deliver()
    return states(), open_alerts()


def test_a_certificate_that_nobody_vouches_for_has_a_sentence_of_its_own(
    settings: Any, monkeypatch: pytest.MonkeyPatch, deliver: Deliver, tls: tuple[ssl.SSLContext, Path]
) -> None:
    context, public = tls
    with running(tls_context=context) as sink:
        use(settings, sink, EMAIL_USE_TLS=True)
        wanted = [("pending", "server_certificate")], [("mail_server_refuses", str(Fault.CERTIFICATE), 1)]
        assert refused(deliver) == wanted
        monkeypatch.setenv("SSL_CERT_FILE", str(public))
        later(deliver)
    assert (states(), open_alerts(), len(sink.accepted)) == ([("sent", "")], [], 1)


def test_the_same_holds_with_tls_from_the_first_byte(
    settings: Any, deliver: Deliver, tls: tuple[ssl.SSLContext, Path]
) -> None:
    with running(ssl_context=tls[0]) as sink:
        use(settings, sink, EMAIL_USE_SSL=True)
        wanted = [("pending", "server_certificate")], [("mail_server_refuses", str(Fault.CERTIFICATE), 1)]
        assert refused(deliver) == wanted


def test_a_port_that_speaks_no_tls_has_a_sentence_of_its_own(settings: Any, deliver: Deliver) -> None:
    with running() as sink:
        use(settings, sink, EMAIL_USE_SSL=True)
        assert refused(deliver) == (
            [("pending", "server_tls")],
            [("mail_server_refuses", str(Fault.TLS), 1)],
        )


def test_a_server_without_starttls_has_a_sentence_of_its_own(settings: Any, deliver: Deliver) -> None:
    with running() as sink:
        use(settings, sink, EMAIL_USE_TLS=True)
        assert refused(deliver) == (
            [("pending", "server_no_starttls")],
            [("mail_server_refuses", str(Fault.NO_STARTTLS), 1)],
        )


def test_a_server_without_auth_has_a_sentence_of_its_own(settings: Any, deliver: Deliver) -> None:
    with running() as sink:
        use(settings, sink, EMAIL_HOST_USER="careops", EMAIL_HOST_PASSWORD="a-password")
        assert refused(deliver) == (
            [("pending", "server_no_auth")],
            [("mail_server_refuses", str(Fault.NO_AUTH), 1)],
        )


def test_credentials_that_are_refused_have_a_sentence_of_their_own(settings: Any, deliver: Deliver) -> None:
    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data.password == b"right", handled=False)

    with running(authenticator=check, auth_require_tls=False, auth_required=True) as sink:
        use(settings, sink, EMAIL_HOST_USER="careops", EMAIL_HOST_PASSWORD="wrong")
        wanted = [("mail_server_refuses", f"{Fault.CREDENTIALS} (535 5.7.8)", 1)]
        assert refused(deliver) == ([("pending", "server_refused_535")], wanted)
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        later(deliver)
        wanted = [("mail_server_refuses", f"{Fault.SIGN_IN_REQUIRED} (530 5.7.0)", 2)]
        assert (states(), open_alerts()) == ([("pending", "server_refused_530")], wanted)
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "careops", "right"
        with time_machine.travel(clock.now() + timedelta(hours=1)):
            deliver()
    assert (states(), open_alerts(), len(sink.accepted)) == ([("sent", "")], [], 1)
