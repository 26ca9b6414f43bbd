"""What connections, activities and referrals refuse. What is not yours and what does not exist are the same refusal."""

from careops.core.problems import Conflict, Forbidden, NotFound, TooManyRequests


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
