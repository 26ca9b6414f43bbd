"""What a refusal of a mail server is about. Each row is a reply as a server writes it."""

import pytest

from careops.core.mail_replies import About, Fault, Stage, about, status

RCPT, DATA, MAIL = Stage.RCPT, Stage.DATA, Stage.MAIL


@pytest.mark.parametrize(
    ("stage", "reply", "expected"),
    [
        # The server refuses this installation.
        (Stage.CONNECT, "554 5.7.1 No service for this address", Fault.REFUSED),
        (Stage.EHLO, "550 5.7.1 Helo refused", Fault.REFUSED),
        (Stage.AUTH, "535 5.7.8 Username and password not accepted", Fault.CREDENTIALS),
        (Stage.AUTH, "535 Incorrect authentication data", Fault.CREDENTIALS),
        (MAIL, "530 5.7.0 Authentication Required", Fault.SIGN_IN_REQUIRED),
        (MAIL, "530 Must issue a STARTTLS command first", Fault.SIGN_IN_REQUIRED),
        (MAIL, "550 5.1.8 Sender's domain is not known", Fault.SENDER),
        (MAIL, "553 5.7.1 Sender address rejected: not owned by user", Fault.SENDER),
        (MAIL, "501 5.1.7 Bad sender address syntax", Fault.SENDER),
        (MAIL, "550 Sender refused", Fault.SENDER),
        (RCPT, "550 5.7.1 Client host rejected", Fault.POLICY),
        (RCPT, "554 5.7.1 Relay access denied", Fault.POLICY),
        (RCPT, "554 Relay access denied", Fault.POLICY),
        (RCPT, "550 5.4.5 Daily user sending limit exceeded", Fault.QUOTA),
        (RCPT, "530 5.5.1 Authentication required", Fault.SIGN_IN_REQUIRED),
        (RCPT, "503 5.5.1 Error: need MAIL command", Fault.REFUSED),
        (RCPT, "550 5.7.10 Encryption needed", Fault.TLS_REQUIRED),
        (DATA, "550 5.4.5 Daily user sending limit exceeded", Fault.QUOTA),
        (DATA, "550 5.7.26 The mail is not authenticated (SPF, DKIM)", Fault.POLICY),
        (DATA, "554 5.7.1 Service unavailable; blocked", Fault.POLICY),
        (DATA, "554 5.3.0 Cannot process", Fault.REFUSED),
        # The recipient.
        (RCPT, "550 5.1.1 User unknown", About.RECIPIENT),
        (RCPT, "550 5.1.2 Domain not found", About.RECIPIENT),
        (RCPT, "556 5.1.10 The domain accepts no mail", About.RECIPIENT),
        (RCPT, "550 5.2.1 The account is disabled", About.RECIPIENT),
        (RCPT, "552 5.2.2 Mailbox full", About.RECIPIENT),
        (RCPT, "552 Storage exceeded", About.RECIPIENT),
        (RCPT, "550 5.4.1 Recipient address rejected: access denied", About.RECIPIENT),
        (RCPT, "525 5.7.13 The account is disabled", About.RECIPIENT),
        (RCPT, "550 5.7.17 Mailbox owner has changed", About.RECIPIENT),
        (RCPT, "550 No such user", About.RECIPIENT),
        (RCPT, "553 Mailbox name not allowed", About.RECIPIENT),
        (DATA, "550 5.1.1 User unknown", About.RECIPIENT),
        # The message.
        (MAIL, "552 5.3.4 Message size exceeds fixed limit", About.MESSAGE),
        (MAIL, "552 Message too large", About.MESSAGE),
        (DATA, "552 5.3.4 Message too big", About.MESSAGE),
        (DATA, "554 5.6.0 Not like this", About.MESSAGE),
        (DATA, "554 Transaction failed", About.MESSAGE),
        # The moment.
        (Stage.CONNECT, "421 4.3.2 Too busy", About.MOMENT),
        (Stage.AUTH, "454 4.7.0 Temporary authentication failure", About.MOMENT),
        (MAIL, "452 4.3.1 Insufficient storage", About.MOMENT),
        (RCPT, "451 4.7.1 Greylisted, please try again", About.MOMENT),
        (RCPT, "450 4.2.1 The user receives mail too fast", About.MOMENT),
        (DATA, "421 4.7.0 Try again later", About.MOMENT),
    ],
)
def test_a_reply_is_about(stage: Stage, reply: str, expected: About | Fault) -> None:
    code, _, text = reply.partition(" ")
    assert about(stage, int(code), text) is expected


def test_of_a_reply_only_the_codes_are_told() -> None:
    assert status(550, "5.1.1 <ada@example.com> is unknown") == "550 5.1.1"
    assert status(550, "ada@example.com is unknown") == "550"
    assert status(550, "5.1.1\n5.1.1 two lines") == "550 5.1.1"


def test_every_fault_says_what_to_do_in_an_alert() -> None:
    for fault in Fault:
        assert fault.endswith(".")
        assert len(fault) <= 200
        assert any(word in fault for word in ("EMAIL_URL", "Ask", "ask", "Check"))
