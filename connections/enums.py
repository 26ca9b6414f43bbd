"""Who works with whom, by which steps, and what people are told of it."""

from django.db import models


class Side(models.TextChoices):
    """The two sides of a connection; a side is named as the role of who stands on it."""

    PROFESSIONAL = "professional", "Professional"
    CLIENT = "client", "Client"


class ConnectionStatus(models.TextChoices):
    PENDING = "pending", "Pending"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"
    ENDED = "ended", "Ended"


class Answer(models.TextChoices):
    """What the other side says to a request."""

    ACCEPT = "accept", "Accept"
    REJECT = "reject", "Reject"


class InviteStatus(models.TextChoices):
    PENDING = "pending", "Pending"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    CANCELLED = "cancelled", "Cancelled"


class InviteAnswer(models.TextChoices):
    ACCEPT = "accept", "Accept"
    DECLINE = "decline", "Decline"


class NoticeKind(models.TextChoices):
    """What somebody is told about their connections."""

    CONNECTION_REQUESTED = "connection_requested", "Somebody asks to be connected"
    CONNECTION_ACCEPTED = "connection_accepted", "Your request was accepted"
    CONNECTION_REJECTED = "connection_rejected", "Your request was rejected"
    CONNECTION_ENDED = "connection_ended", "A connection has ended"
    ACTIVITY_INVITED = "activity_invited", "You are invited to an activity"
    ACTIVITY_ACCEPTED = "activity_accepted", "A client takes part in your activity"
    ACTIVITY_DECLINED = "activity_declined", "A client does not take part in your activity"
    ACTIVITY_CANCELLED = "activity_cancelled", "An activity is cancelled"
    REFERRAL_RECEIVED = "referral_received", "A referral came in"
    REFERRAL_ACCEPTED = "referral_accepted", "Your referral was accepted"
    REFERRAL_BOOKED = "referral_booked", "Your referral was booked"
    REFERRAL_COMPLETED = "referral_completed", "Your referral is completed"
    REFERRAL_DECLINED = "referral_declined", "Your referral was declined"
    REFERRAL_CANCELLED = "referral_cancelled", "A referral was cancelled"


LIVE_INVITES = (InviteStatus.PENDING, InviteStatus.ACCEPTED)


class ReferralStatus(models.TextChoices):
    OPEN = "open", "Open"
    ACCEPTED = "accepted", "Accepted"
    BOOKED = "booked", "Booked"
    COMPLETED = "completed", "Completed"
    DECLINED = "declined", "Declined"
    CANCELLED = "cancelled", "Cancelled"


class Urgency(models.TextChoices):
    """In the order of the alphabet, which is also that of urgency."""

    ROUTINE = "routine", "Routine"
    SOON = "soon", "Soon"
    URGENT = "urgent", "Urgent"


class Party(models.TextChoices):
    """Who somebody is to a referral."""

    OFFICE = "office", "The front desk"
    FROM = "from", "The side that refers"
    TO = "to", "The side that is referred to"


# Which status may follow which, and who may say so. What is not named here is final.
REFERRAL_MOVES: dict[str, dict[str, frozenset[Party]]] = {
    ReferralStatus.OPEN: {
        ReferralStatus.ACCEPTED: frozenset({Party.TO, Party.OFFICE}),
        ReferralStatus.DECLINED: frozenset({Party.TO, Party.OFFICE}),
        ReferralStatus.CANCELLED: frozenset({Party.FROM, Party.OFFICE}),
    },
    ReferralStatus.ACCEPTED: {
        ReferralStatus.BOOKED: frozenset({Party.TO, Party.OFFICE}),
        ReferralStatus.COMPLETED: frozenset({Party.TO, Party.OFFICE}),
        ReferralStatus.DECLINED: frozenset({Party.TO, Party.OFFICE}),
        ReferralStatus.CANCELLED: frozenset({Party.FROM, Party.OFFICE}),
    },
    ReferralStatus.BOOKED: {
        ReferralStatus.COMPLETED: frozenset({Party.TO, Party.OFFICE}),
        ReferralStatus.CANCELLED: frozenset({Party.OFFICE}),
    },
}
# Somebody still has to do something about these.
OPEN_REFERRALS = frozenset(REFERRAL_MOVES)
