"""Whom a message goes to: a contact, somebody who signs in, or an address that is nobody's here."""

from dataclasses import dataclass

from accounts.models import User
from messaging.enums import Channel
from messaging.models import Contact

NO_ADDRESS = "no_address"  # why a message to somebody who cannot be reached is not sent


@dataclass(frozen=True)
class Recipient:
    """One of the three; of an ``address``, which is one for e-mail, nothing else is known."""

    contact: Contact | None = None
    user: User | None = None
    address: str = ""

    def __post_init__(self) -> None:
        if [self.contact is not None, self.user is not None, self.address != ""].count(True) != 1:
            raise ValueError("A message goes to one recipient.")

    @property
    def is_erased(self) -> bool:
        return self.contact is not None and self.contact.erased_at is not None

    @property
    def pause_reason(self) -> str:
        """Why automated messages to a contact stand still now; '' when they do not."""
        return self.contact.pause_reason if self.contact is not None and self.contact.is_paused else ""

    @property
    def name(self) -> str:
        person = self.contact or self.user
        return person.name if person is not None else ""

    @property
    def language(self) -> str:
        return self.contact.language if self.contact is not None else ""

    def address_on(self, channel: str) -> str:
        """Where the channel reaches them now; '' when it does not."""
        if self.contact is not None:
            return {Channel.EMAIL: self.contact.email, Channel.SMS: self.contact.phone}[Channel(channel)]
        if channel != Channel.EMAIL:
            return ""
        return self.address if self.user is None else address_of(self.user)


def address_of(user: User) -> str:
    """Where an account is written to: an active one's address, once it is confirmed to be theirs."""
    return user.email if user.is_active and user.email_confirmed else ""
