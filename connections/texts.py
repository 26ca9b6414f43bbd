"""The words of notices: one sentence for each kind, which the API shows and a mail carries."""

from connections.enums import NoticeKind
from messaging.texts import fill, register

NAMES = ("actor_name", "about", "link")

SENTENCES = {
    NoticeKind.CONNECTION_REQUESTED: "{actor_name} asks to be connected with you",
    NoticeKind.CONNECTION_ACCEPTED: "{actor_name} is connected with you now",
    NoticeKind.CONNECTION_REJECTED: "{actor_name} did not accept your request",
    NoticeKind.CONNECTION_ENDED: "{actor_name} ended your connection",
    NoticeKind.ACTIVITY_INVITED: "{actor_name} invites you to {about}",
    NoticeKind.ACTIVITY_ACCEPTED: "{actor_name} takes part in {about}",
    NoticeKind.ACTIVITY_DECLINED: "{actor_name} does not take part in {about}",
    NoticeKind.ACTIVITY_CANCELLED: "{about} will not take place",
    NoticeKind.REFERRAL_RECEIVED: "{actor_name} sent you the referral {about}",
    NoticeKind.REFERRAL_ACCEPTED: "{actor_name} accepted the referral {about}",
    NoticeKind.REFERRAL_BOOKED: "An appointment came of the referral {about}",
    NoticeKind.REFERRAL_COMPLETED: "The referral {about} is completed",
    NoticeKind.REFERRAL_DECLINED: "{actor_name} declined the referral {about}",
    NoticeKind.REFERRAL_CANCELLED: "{actor_name} cancelled the referral {about}",
}


def sentence(kind: str, *, actor_name: str, about: str) -> str:
    """What a notice says, in one sentence."""
    return fill(SENTENCES[NoticeKind(kind)], {"actor_name": actor_name, "about": about}) + "."


for _kind, _said in SENTENCES.items():
    register(
        _kind.value,
        subject=_said,
        body=(
            f"Hello {{contact_name}},\n\n{_said}.\n\n"
            "You find it here:\n{link}\n\n"
            "There you also choose which of these mails you get."
        ),
        names=NAMES,
    )

SOMEBODY = "A professional"  # whom an invitation does not name
INVITATION = register(
    "connection_invitation",
    subject="{actor_name} invites you",
    body=(
        "Hello,\n\n{actor_name} would like to be connected with you. Sign up with this e-mail address and the "
        "invitation waits for you:\n{link}\n\n"
        "If you do not know who that is, you need do nothing, and nothing happens."
    ),
    names=("actor_name", "link"),
)
