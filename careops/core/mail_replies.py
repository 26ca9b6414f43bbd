"""What an SMTP server's refusal is about: this installation, the recipient, the message, or only the moment.

Pure: it reads no setting, no clock and no database. Sources:

- RFC 5321: replies and their stages
- RFC 3463 and its registry RFC 5248: enhanced status codes
- RFC 4954: AUTH
- RFC 3207: STARTTLS
- RFC 7293: owners of mailboxes
- RFC 7504: hosts that accept no mail
"""

import re
from enum import Enum, StrEnum


class Stage(StrEnum):
    """The part of an SMTP session in which the server answered."""

    CONNECT = "connect"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"


class About(Enum):
    """Whom or what the server refused."""

    RECIPIENT = "recipient"
    MESSAGE = "message"
    SERVER = "server"
    MOMENT = "moment"


class Fault(StrEnum):
    """Why the mail server does not work for this installation: one sentence each, which says what to do."""

    CERTIFICATE = (
        "The certificate of the mail server is not valid. "
        "Check the host name in EMAIL_URL, or install a valid certificate on the server."
    )
    TLS = "TLS with the mail server failed. Check the port and the kind of encryption in EMAIL_URL."
    NO_STARTTLS = "The mail server does not offer STARTTLS. Use its port for STARTTLS (587), or smtp+ssl:// in EMAIL_URL."
    NO_AUTH = (
        "The mail server does not offer a sign-in (AUTH). "
        "Use its submission port with TLS, or remove the user and the password from EMAIL_URL."
    )
    CREDENTIALS = "The mail server refused the user name or the password. Correct them in EMAIL_URL."
    SIGN_IN_REQUIRED = "The mail server requires a sign-in. Add the user and the password to EMAIL_URL."
    TLS_REQUIRED = "The mail server requires TLS. Use smtp+tls:// or smtp+ssl:// in EMAIL_URL."
    QUOTA = "The sending limit at the mail server is reached. Ask the mail provider for a higher limit."
    SENDER = (
        "The mail server refused the sender. "
        "Check DEFAULT_FROM_EMAIL, and ask the mail provider whether the account may send as this address."
    )
    POLICY = (
        "The mail server refused to send the mail. "
        "Check SPF and DKIM of the sender's domain, and ask the mail provider why it refuses."
    )
    REFUSED = "The mail server refused the connection. Read its log, or ask the mail provider."


ENHANCED = re.compile(r"\s*[245]\.(\d{1,3})\.(\d{1,3})\b")

# Enhanced status codes by subject and detail; None stands for every other detail of the subject.
SUBJECTS: dict[tuple[int, int | None], About | Fault] = {
    (1, None): About.RECIPIENT,  # addressing status
    (1, 7): Fault.SENDER,  # bad syntax of the sender's mailbox
    (1, 8): Fault.SENDER,  # bad system address of the sender
    (2, None): About.RECIPIENT,  # mailbox status
    (3, None): Fault.REFUSED,  # mail system status
    (3, 4): About.MESSAGE,  # message too big for the system
    (4, None): Fault.REFUSED,  # network and routing status
    (4, 1): About.RECIPIENT,  # no answer from the recipient's host
    (4, 4): About.RECIPIENT,  # no route to the recipient's domain
    (4, 5): Fault.QUOTA,  # congestion; large providers answer so when the daily limit is reached
    (4, 6): About.RECIPIENT,  # a routing loop at the recipient's domain
    (5, None): Fault.REFUSED,  # mail delivery protocol status
    (6, None): About.MESSAGE,  # content or media status
    (6, 7): About.RECIPIENT,  # an address with letters beyond ASCII is not permitted
    (7, None): Fault.POLICY,  # security or policy status
    (7, 2): About.RECIPIENT,  # the mailing list is closed
    (7, 8): Fault.CREDENTIALS,  # credentials invalid
    (7, 9): Fault.CREDENTIALS,  # mechanism too weak
    (7, 10): Fault.TLS_REQUIRED,  # encryption needed
    (7, 11): Fault.TLS_REQUIRED,  # encryption required for the mechanism
    (7, 17): About.RECIPIENT,  # the mailbox has a new owner
    (7, 18): About.RECIPIENT,  # the domain has a new owner
}

# What a plain reply code says where it means the same at MAIL, RCPT and DATA.
CODES: dict[int, About | Fault] = {
    500: Fault.REFUSED,
    502: Fault.REFUSED,
    503: Fault.REFUSED,
    521: Fault.REFUSED,
    530: Fault.SIGN_IN_REQUIRED,
    534: Fault.CREDENTIALS,
    535: Fault.CREDENTIALS,
    538: Fault.TLS_REQUIRED,
    552: About.MESSAGE,
}
# What a plain reply code says at one stage only: storage exceeded, relay access denied.
STAGE_CODES: dict[tuple[Stage, int], About | Fault] = {
    (Stage.RCPT, 552): About.RECIPIENT,
    (Stage.RCPT, 554): Fault.POLICY,
}
# What any other reply code says, by the stage.
STAGES: dict[Stage, About | Fault] = {
    Stage.CONNECT: Fault.REFUSED,
    Stage.EHLO: Fault.REFUSED,
    Stage.STARTTLS: Fault.TLS,
    Stage.AUTH: Fault.CREDENTIALS,
    Stage.MAIL: Fault.SENDER,
    Stage.RCPT: About.RECIPIENT,
    Stage.DATA: About.MESSAGE,
}


def about(stage: Stage, code: int, text: str) -> About | Fault:
    """Whom or what the reply ``code text`` refuses at this stage; a Fault is about this installation.

    A transient reply (4yz) is About.MOMENT: the same mail may be accepted later.
    """
    if not 500 <= code < 600:
        return About.MOMENT
    if stage in {Stage.CONNECT, Stage.EHLO, Stage.STARTTLS, Stage.AUTH}:
        return STAGES[stage]
    if code in {530, 534, 535, 538}:
        return CODES[code]
    if (found := ENHANCED.match(text)) is not None:
        return _by_enhanced_code(stage, int(found[1]), int(found[2]))
    return STAGE_CODES.get((stage, code)) or CODES.get(code) or STAGES[stage]


def status(code: int, text: str) -> str:
    """The reply's codes alone, such as "550 5.7.1": the rest of its text may name a person."""
    found = ENHANCED.match(text)
    return f"{code} {found[0].strip()}" if found else str(code)


def _by_enhanced_code(stage: Stage, subject: int, detail: int) -> About | Fault:
    if (subject, detail) == (7, 13) and stage is Stage.RCPT:
        return About.RECIPIENT  # the account is disabled: at RCPT that of the recipient
    verdict = SUBJECTS.get((subject, detail)) or SUBJECTS.get((subject, None)) or STAGES[stage]
    if stage is Stage.MAIL and verdict in {About.RECIPIENT, Fault.POLICY}:
        return Fault.SENDER
    return verdict
