"""The situations in which a booking, or a change to a provider, is refused."""

from careops.core.problems import Conflict, Forbidden, Invalid, NotFound


class UnknownBooking(NotFound):
    detail = "There is no such booking any more."


class UnknownProvider(NotFound):
    detail, field = "There is no such provider.", "provider_id"


class UnknownPart(NotFound):
    detail = "The provider has no such row any more."


class UnknownContact(NotFound):
    detail, field = "There is no such contact.", "contact_id"


class UnknownService(NotFound):
    detail, field = "The provider offers no such service.", "service_id"


class ProviderInactive(Conflict):
    code, detail = "provider_inactive", "The provider is not active."


class ServiceInactive(Conflict):
    code, detail = "service_inactive", "The service is not offered any more."


class SlotTaken(Conflict):
    code, detail = "slot_taken", "No seat is free at that time."


class OutsideHours(Conflict):
    code, detail = "outside_hours", "The provider is closed at that time."


class InThePast(Conflict):
    code, detail = "in_the_past", "The start is in the past."


class TooSoon(Conflict):
    code, detail = "too_soon", "The start is too close."


class TooFar(Conflict):
    code, detail = "too_far", "The start is too far ahead."


class TooLate(Conflict):
    code, detail = "too_late", "The provider's deadline for changes has passed."


class TooEarly(Conflict):
    """A visit is completed before its day at the provider, or missed before its start."""

    code = "too_early"


class CannotUndo(Conflict):
    """The last change of a booking stays; the detail says why."""

    code = "cannot_undo"


class TransitionNotAllowed(Conflict):
    code = "transition_not_allowed"

    def __init__(self, present: str, wanted: str) -> None:
        super().__init__(f"A booking that is {present} cannot become {wanted}.")


class HasBookings(Conflict):
    code, detail = "has_bookings", "The provider has bookings. Make it inactive instead."


class ProviderInUse(Conflict):
    code, detail = "provider_in_use", "Something still refers to the provider. Make it inactive instead."


class NotOpen(Conflict):
    code, detail = "booking_not_open", "The booking is cancelled or over."


class NoForm(Conflict):
    code, detail = (
        "no_form",
        "The clinic's form is not set up. Ask an administrator to set INTAKE_FORM_URL to its address.",
    )


class TooManyBookings(Conflict):
    code = "too_many_bookings"

    def __init__(self, allowed: int) -> None:
        super().__init__(
            f"You have {allowed} open bookings, as many as one client may have. Cancel one, or ask the front desk."
        )


class NotOneInstant(Invalid):
    """A wall-clock time that a clock change skips (``nonexistent_time``) or repeats (``ambiguous_time``)."""

    def __init__(self, code: str, detail: str, *, field: str) -> None:
        self.code, self.field = code, field
        super().__init__(detail)


class NotAWholeMinute(Invalid):
    code, field, detail = (
        "not_a_whole_minute",
        "scheduled_at",
        "A booking starts at a whole minute. Give the time without seconds.",
    )


class OnlyForOneself(Invalid):
    code, field, detail = "only_for_oneself", "contact_id", "Clients book for themselves: name no contact."


class WhoMissing(Invalid):
    code, field, detail = "required", "client_name", "Say whom it is for: contact_id or client_name."


class NoContact(Conflict):
    code, detail = "no_contact", "Your account is not linked to a contact yet. Ask the front desk."


class ContactOrClient(Invalid):
    code, field = "contact_or_client", "contact_id"
    detail = "Give contact_id or describe the client, not both."


class SamePerson(Conflict):
    """The description is of the booking's own client, with another name or address than the contact has."""

    code = "same_person"
    detail = "The booking is for this person already. Change the name or the address on the contact."


class ServiceNotOffered(Conflict):
    code, field = "service_not_offered", "provider_id"
    detail = "The other provider offers no service of this name. Choose a service that the provider offers (service_id)."


class RangeTooLong(Invalid):
    code, field, detail = "range_too_long", "to", "Ask for 31 days at most."


class EndsBeforeStart(Invalid):
    code, detail = "ends_before_start", "The end must lie after the start."

    def __init__(self, *, field: str) -> None:
        self.field = field
        super().__init__()


class NotAProfessional(Invalid):
    code, field, detail = (
        "not_a_professional",
        "user_id",
        "That is not the id of an active professional whom the clinic has approved.",
    )


class ReasonMissing(Invalid):
    code, field, detail = "required", "override_reason", "Say why the opening hours are overridden."


class OverrideNotAllowed(Forbidden):
    code, field, detail = (
        "override_not_allowed",
        "override",
        "Only the front desk may override opening hours.",
    )


class NotYourProvider(Forbidden):
    code, field, detail = "not_your_provider", "provider_id", "You may book for your own providers only."


class FrontDeskOnly(Forbidden):
    code, detail = "front_desk_only", "Only the front desk may change this."

    def __init__(self, *, field: str) -> None:
        self.field = field
        super().__init__()


class NotYourMove(Forbidden):
    code, field, detail = "move_not_permitted", "status", "You may cancel or reschedule, nothing else."


class EmailUnconfirmed(Forbidden):
    code, detail = "email_unconfirmed", "Confirm your e-mail address first: follow the link in our mail."


# What availability's verdicts become when a booking is refused.
REFUSALS = {
    kind.code: kind for kind in (ProviderInactive, SlotTaken, OutsideHours, InThePast, TooSoon, TooFar)
}
