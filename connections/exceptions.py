"""What connections, activities and referrals refuse. What is not yours and what does not exist are the same refusal."""

from careops.core.problems import (
    Conflict,
    DomainError,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    TooManyRequests,
)


class UnknownProfessional(NotFound):
    detail, field = "There is no such professional.", "professional_id"


class UnknownConnection(NotFound):
    detail, field = "You have no such connection.", "connection_id"


class UnknownActivity(NotFound):
    detail, field = "You have no such activity.", "activity_id"


class UnknownInvite(NotFound):
    detail, field = "You have no such invitation.", "invite_id"


class OwnRequest(Forbidden):
    code, detail = "own_request", "The other side has to answer your request."


class NotConnected(Forbidden):
    code, field = "not_connected", "client_id"
    detail = "You may invite clients who are connected with you, nobody else."


class AlreadyAnswered(Conflict):
    code, detail = "already_answered", "This was answered or withdrawn already."


class AlreadyConnected(Conflict):
    code, detail = "already_connected", "You are connected already."


class AlreadyPending(Conflict):
    code, detail = "already_pending", "You have asked already. The answer is still to come."


class AskedTooSoon(Conflict):
    code, detail = "too_soon", "You asked less than a day ago. Ask again later."


class TooManyInvitations(TooManyRequests):
    code, detail = "too_many_invitations", "You have sent as many invitations as one day allows."


class AlreadyInvited(Conflict):
    code, detail = "already_invited", "The client is invited to this activity already."


class ActivityFull(Conflict):
    code, detail = "activity_full", "Every seat of this activity is taken."


class ActivityOver(Conflict):
    code, detail = "activity_over", "This activity has begun already."


class UnknownReferral(NotFound):
    detail = "There is no such referral any more."


class UnknownPerson(NotFound):
    """``field`` is the member that names nobody."""

    detail = "There is no such person."

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__()


class PersonMissing(Invalid):
    code, field, detail = "required", "contact_id", "Say whom it is about: a contact or a client."


class PersonsDiffer(Invalid):
    code, field, detail = "persons_differ", "client_id", "The account does not belong to that contact."


class NotYourPerson(Forbidden):
    code, field = "not_connected", "client_id"
    detail = (
        "You may refer clients who are connected with you and people who are booked with you, nobody else."
    )


class SideMissing(Invalid):
    """``which`` is from or to."""

    code = "required"

    def __init__(self, which: str) -> None:
        self.field = f"{which}_professional_id"
        asked = "Say who refers" if which == "from" else "Say to whom"
        super().__init__(f"{asked}: a professional, a provider, or the name of somebody outside.")


class SidesDiffer(Invalid):
    code = "sides_differ"

    def __init__(self, which: str, detail: str) -> None:
        self.field = f"{which}_provider_id"
        super().__init__(detail)


class SameSide(Invalid):
    code, field, detail = "same_side", "to_professional_id", "Nobody refers to themselves."


class NotYourSide(Forbidden):
    code, field, detail = (
        "not_your_side",
        "from_professional_id",
        "You refer for yourself and your providers.",
    )


class NotYourReferral(Forbidden):
    code, detail = "move_not_permitted", "That is for the other side to do."


class ReferralStays(Conflict):
    code, field = "transition_not_allowed", "status"

    def __init__(self, present: str, wanted: str) -> None:
        super().__init__(f"A referral that is {present} cannot become {wanted}.")


class ReferralClosed(Conflict):
    code, detail = "referral_closed", "The referral has gone too far for this change."


class StatusAndFields(Invalid):
    """``field`` is the member that does not go with the status that was sent, or with none."""

    code = "status_and_fields"
    detail = (
        "Change either what was asked or the status, not both at once. An answer goes with accepted, declined and "
        "completed, an appointment with booked."
    )

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__()


class GoesOutside(Conflict):
    code, detail = "goes_outside", "It goes to somebody outside: there is nothing to be booked here."


class NobodyToBook(Conflict):
    code = "no_contact"
    detail = "The client's account is not linked to a contact yet, so there is nobody to book."


class ProviderMissing(Invalid):
    code, field, detail = "required", "provider_id", "Say at which provider: the referral names none."


class FileTooLarge(DomainError):
    status, code, field, detail = 413, "file_too_large", "file", "The file is too large."


class TooManyFiles(Conflict):
    code, field, detail = "too_many_files", "file", "The referral has as many files as it may have."


class FileLost(Gone):
    code, detail = "file_lost", "The file is not where it was kept. Tell whoever runs this installation."


class NoRoomForFiles(DomainError):
    status, code, retry_after = 503, "file_not_stored", 60
    detail = "The file could not be stored. Try again later."
