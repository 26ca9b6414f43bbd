"""What the worker does for connections and for the files of referrals."""

from careops.core.alerts import AlertKind
from careops.core.delivery import Outbox, Wire, Withdrawn
from careops.core.models import Severity
from careops.core.outbox import State, leased, transition
from connections.models import Invitation
from connections.services import files
from connections.services.invitations import hand_over

INVITATION_FAILED = AlertKind(
    "invitation_failed", Severity.WARNING, "An invitation could not be handed over",
    "Nobody was told or written to. Look at the log by the request id; the professional may invite again after a day.",
)  # fmt: skip


def _deliver(invitation: Invitation, wire: Wire) -> str:
    """Nothing leaves here: the notice or the mail is one more row."""
    if not hand_over(invitation):
        transition(leased(invitation), State.CANCELLED, reason="no_longer_wanted")
        raise Withdrawn
    return ""


INVITATIONS = Outbox(
    model=Invitation,
    deliver=_deliver,
    done=State.COMPLETED,
    failed=INVITATION_FAILED,
    unknown=INVITATION_FAILED,
)


def hand_over_invitations() -> None:
    """Hand over the invitations that are due; part of every tick, before messages are delivered."""
    INVITATIONS.run()


def sweep_files() -> None:
    """Take away the files that no row names: what a crash or a change that was taken back left on the shelf."""
    files.sweep()
