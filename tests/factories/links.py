"""The mails that were sent, and the links in them."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import parse_qs, urlsplit


def mails_in(outbox: Path) -> list[EmailMessage]:
    """The mails that were sent, oldest first."""
    files = sorted(outbox.glob("*.eml")) if outbox.exists() else []
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]


def link_in(mail: EmailMessage) -> str:
    """The one address in the text of a mail."""
    (link,) = re.findall(r"https?://\S+", mail.get_content())
    return str(link)


def token_in(mail: EmailMessage) -> str:
    """What the link of a mail carries."""
    return parse_qs(urlsplit(link_in(mail)).query)["token"][0]
