"""How long notices and invitations are kept."""

from careops.core.retention import Kind, ended
from connections.models import Invitation, Notice

KEPT = (
    Kind(
        "notices", "notices", lambda before: Notice.objects.filter(created_at__lt=before), days=None, least=30
    ),
    Kind("invitations", "handed-over invitations", ended(Invitation), days=None, least=30),
)
