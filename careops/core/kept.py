"""How long the tables that every domain shares are kept."""

from careops.core.idempotency import KEPT_FOR
from careops.core.models import AccessRecord, Alert, AlertStatus, Counter, HandlerRun, IdempotencyRecord
from careops.core.retention import Kind, ended
from careops.core.seals import forget, forgettable

KEPT = (
    Kind(
        "idempotency_keys",
        "outcomes under an Idempotency-Key",
        lambda before: IdempotencyRecord.objects.filter(created_at__lte=before),
        days=KEPT_FOR.days,
    ),
    Kind(
        "counters",
        "counters of request limits whose window is over",
        lambda before: Counter.objects.filter(expires_at__lt=before),
        days=0,
        least=0,
    ),
    Kind(
        "alerts",
        "alerts that are resolved",
        lambda before: Alert.objects.filter(status=AlertStatus.RESOLVED, resolved_at__lt=before),
        days=365,
    ),
    Kind("automation_runs", "automations that were tried again and have ended", ended(HandlerRun), days=90),
    Kind(
        "access_records",
        "sealed ranges of access records; the seals stay",
        lambda before: forgettable(AccessRecord, before=before),
        days=None,
        delete=lambda before: forget(AccessRecord, before=before),
    ),
)
