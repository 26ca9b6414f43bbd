"""What may be refused, and how a failure of the outside is answered, with stable codes."""

from math import ceil

from careops.core.live_calls import BusyOutside
from careops.core.problems import Conflict, DomainError, Invalid
from integrations.exceptions import UpstreamFailed, UpstreamLate, UpstreamNotConfigured
from integrations.pms import errors


class UnknownPractice(Invalid):
    code, field = "unknown_practice", "office_id"
    detail = "No practice with this id has allowed us in."


class OfficeTaken(Conflict):
    code, detail = "office_taken", "Another integration is linked to this practice already."


class OfficeFixed(Conflict):
    code = "office_fixed"
    detail = "This integration is linked to another practice. Make a new integration for this one."


class NotAuthorised(Conflict):
    code, detail = "not_authorised", "Choose a practice and authorise it first."


class IntegrationDisabled(Conflict):
    code, detail = "integration_disabled", "This integration is switched off."


class HasOpenWritebacks(Conflict):
    code = "has_open_writebacks"
    detail = "Changes are on their way to this practice. Wait for them, or switch it off and delete it then: that gives them up."


class WritebackNotAllowed(Conflict):
    code, detail = "writeback_not_allowed", "This integration only reads."


class NotRetryable(Conflict):
    code, detail = (
        "not_retryable",
        "Only a writeback that failed, or whose outcome is unknown, can be tried again.",
    )


class LinkExists(Conflict):
    code, detail = "link_exists", "This provider, here or there, is linked already."


class ProviderNotLinked(Conflict):
    code, detail = "provider_not_linked", "The provider of this booking is not linked to this practice."


class BookingNotOpen(Conflict):
    code, detail = "booking_not_open", "The booking is cancelled or over."


class UnknownBooking(Invalid):
    code, field, detail = "unknown_booking", "booking_id", "There is no such booking."


class UnknownContact(Invalid):
    code, field, detail = "unknown_contact", "contact_id", "There is no such contact."


class UnknownProvider(Invalid):
    code, field, detail = "unknown_provider", "provider_id", "There is no such provider."


class NothingToChange(Invalid):
    code, detail = "nothing_to_change", "Give a status, or a date, time or length, or a field of the patient."


class NotSupported(Conflict):
    code, detail = "not_supported", "This practice-management system does not take such a change."


class ConflictSettled(Conflict):
    code, detail = "conflict_settled", "This conflict is settled already."


class StillRefused(Conflict):
    code, detail = (
        "still_refused",
        "The appointment still cannot be booked here: look at the provider and the contact.",
    )


class AppointmentUnknown(Conflict):
    code, detail = (
        "appointment_unknown",
        "The practice's appointment is not known any more. Read the practice again.",
    )


class NothingHeld(Conflict):
    code, detail = "nothing_held", "No appointment of this practice is held as missing."


class NothingToRestore(Conflict):
    code, detail = "nothing_to_restore", "No reading has cancelled a booking of this practice."


class SeatsTaken(Conflict):
    code = "seats_taken"
    detail = "The seats of these bookings are taken. Free them, then restore again."


class ContactMissing(Invalid):
    code, field, detail = "required", "contact_id", "Say which contact this patient is."


class NoAddressOfTheirOwn(Invalid):
    code, field = "no_address_of_their_own", "keep"
    detail = (
        "The practice has no e-mail address or phone number that is this patient's alone, so no contact can be made. "
        "Ask the practice to add one, or choose a contact."
    )


class ContactLinked(Conflict):
    code, field, detail = (
        "contact_linked",
        "contact_id",
        "This contact is another patient of the practice already.",
    )


def answer_for(error: errors.PmsError) -> DomainError:
    """The problem that a route answers for a failure of the outside; it says nothing of what the outside said."""
    match error:
        case errors.NotConfigured():
            return UpstreamNotConfigured(
                "This installation has no credentials for that practice-management system."
            )
        case errors.AuthorisationRefused():
            return UpstreamFailed("The practice-management system does not accept our keys.")
        case errors.Unavailable(code="deadline_exceeded"):
            return UpstreamLate("The practice-management system did not answer in time.")
        case errors.RateLimited(code=errors.RateLimited.OUR_SHARE):
            return BusyOutside(
                "The calls to the practice-management system are used up for some seconds. Try again.",
                retry_after=ceil(error.retry_after or 1),
            )
        case errors.Unavailable(code="renewal_busy"):
            return BusyOutside("Somebody else is getting a new key at this moment. Try again.")
        case errors.RateLimited():
            return UpstreamFailed(
                "The practice-management system takes no more calls now. Try again in a minute."
            )
        case errors.Unavailable():
            return UpstreamFailed(
                "The practice-management system cannot be reached. Try again in some minutes."
            )
    return UpstreamFailed("The practice-management system refused or could not be understood.")
