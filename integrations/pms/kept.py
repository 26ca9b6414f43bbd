"""How long changes that were sent to practices, and what stood there, are kept."""

from careops.core.retention import Kind, ended
from integrations.pms.mirrors import AppointmentMirror
from integrations.pms.models import PmsWriteback

KEPT = (
    Kind("writebacks", "changes for practices that have ended", ended(PmsWriteback), days=None, least=90),
    Kind(
        "gone_appointments",
        "appointments that stand in no list of a practice any more",
        lambda before: AppointmentMirror.objects.filter(gone_at__lt=before),
        days=None,
        least=90,
    ),
)
