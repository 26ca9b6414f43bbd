"""The practices' numbers at ``/metrics``."""

from collections.abc import Iterable

from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from careops.core import clock
from integrations.pms.enums import USABLE
from integrations.pms.models import PmsIntegration
from integrations.pms.services.tokens import given_at


def keys() -> Iterable[Metric]:
    """How old each practice's running key is, and how long ago the practice was read."""
    age = GaugeMetricFamily(
        "careops_pms_token_age_seconds", "Age of a practice's running key.", labels=["integration"]
    )
    read = GaugeMetricFamily(
        "careops_pms_sync_age_seconds", "Time since a practice was read to the end.", labels=["integration"]
    )
    now = clock.now()
    for row in PmsIntegration.objects.filter(state__in=USABLE).order_by("pk"):
        if (given := given_at(row)) is not None:
            age.add_metric([str(row.pk)], (now - given).total_seconds())
        if row.last_sync_at is not None:
            read.add_metric([str(row.pk)], (now - row.last_sync_at).total_seconds())
    return age, read
