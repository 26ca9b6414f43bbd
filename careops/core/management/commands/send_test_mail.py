"""``manage.py send_test_mail ADDRESS``: whether the mail server takes mails from this installation."""

import uuid
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from careops.core import mail
from careops.core.delivery import Ambiguous, TransportError

SENTENCES = {
    "bad_address": "The address is not an e-mail address.",
    "bad_header": "The address or DEFAULT_FROM_EMAIL holds a character that no mail may have.",
    "folder_not_writable": "The folder EMAIL_FILE_PATH cannot be written.",
    "smtp_unreachable": "The mail server cannot be reached. Check host and port in EMAIL_URL, and the firewall.",
    "smtp_disconnected": "The mail server ended the connection. Check the port and the kind of encryption in EMAIL_URL.",
    "recipient_refused": "The mail server refused the recipient. Check the address.",
    "message_refused": "The mail server refused the mail itself.",
}
LATER = "The mail server refused the mail for the moment. Try again later."
LOST = (
    "The connection broke after the mail was handed over. Look into the mailbox: the mail may have arrived."
)


class Command(BaseCommand):
    help = "Send a test mail, and say in a sentence what the mail server did with it. Exits with 1 when it failed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", help="The address of the mailbox that should receive it.")

    def handle(self, *, address: str, **_options: Any) -> None:
        try:
            mail.send(
                to=address,
                subject="Test mail of CareOps",
                body=f"This is a test mail of the CareOps installation at {settings.PUBLIC_URL}.\n",
                message_id=mail.message_id(f"test:{uuid.uuid4()}"),
                wire=lambda: None,
            )
        except mail.MailServerRefused as refused:
            raise CommandError(f"{refused.fault} {refused.said}".strip()) from None
        except TransportError as error:
            raise CommandError(_sentence(error)) from None
        except Ambiguous:
            raise CommandError(LOST) from None
        if not settings.EMAIL_URL:
            raise CommandError(
                f"EMAIL_URL is missing, so nobody receives mails. The mail was written into {settings.EMAIL_FILE_PATH}."
            )
        self.stdout.write(f"The mail server took the mail from {settings.DEFAULT_FROM_EMAIL}.")


def _sentence(error: TransportError) -> str:
    """The sentence for a fault, with the reply code of the server where it gave one."""
    if error.code in SENTENCES:
        return SENTENCES[error.code]
    name, _, reply = error.code.rpartition("_")
    return f"{SENTENCES[name] if error.permanent else LATER} ({reply})"
