"""What contacts and messages refuse, each with its stable code."""

from careops.core.problems import Conflict, Invalid


class InvalidTags(Invalid):
    code, field = "invalid_tags", "tags"
    detail = "Tags are up to 20 words of at most 40 letters, digits, - or _."


class InvalidTimeZone(Invalid):
    code, field, detail = "invalid_time_zone", "time_zone", "This is not a time zone, such as Europe/Berlin."


class InvalidLanguage(Invalid):
    code, field, detail = "invalid_language", "language", "This is not a language, such as en or pt-br."


class AddressMissing(Invalid):
    code, field, detail = "required", "email", "An e-mail address or a phone number is needed."


class InvalidSubject(Invalid):
    code, field, detail = "invalid_subject", "subject", "A subject is one line of at most 200 characters."


class ContactExists(Conflict):
    """``contact_id`` in the problem names the contact that has the address."""

    code, detail = "contact_exists", "A contact with this e-mail address or phone number exists already."


class ContactErased(Conflict):
    code, detail = "contact_erased", "This person has been erased."


class ErasureBlocked(Conflict):
    """An app still needs the person: its word ``future_bookings`` becomes ``has_future_bookings``."""

    detail = "The person is still needed. Repeat with ?force=true to end what stands in the way."

    def __init__(self, need: str) -> None:
        self.code = f"has_{need}"
        super().__init__()


class ChannelUnavailable(Conflict):
    code, detail = "channel_unavailable", "This installation does not send over this channel."


class NoAddress(Conflict):
    code, detail = "no_address", "The contact has no address for this channel."


class NotUnknown(Conflict):
    code, detail = "not_unknown", "Only a message whose outcome is unknown can be settled."


class NotResendable(Conflict):
    code, detail = (
        "not_resendable",
        "Only a failed message, or one whose outcome is unknown, can be sent again.",
    )
