"""What messaging does when something happens; ``careops.automations`` says when."""

from accounts.enums import Role
from accounts.models import User
from careops.core.models import Event
from messaging import texts
from messaging.models import Contact
from messaging.services import contacts, messages


def plan_welcome(event: Event) -> None:
    """Welcome a new contact, unless it was made quietly."""
    contact = event.subject
    if isinstance(contact, Contact) and not event.data.get("quiet"):
        messages.plan(contact=contact, rule=texts.WELCOME.key, about=contact, occurrence="created")


def link_account(event: Event) -> None:
    """Give a client whose address is confirmed the contact that carries it."""
    user = event.subject
    if isinstance(user, User) and user.role == Role.CLIENT:
        contacts.link_account(user)
