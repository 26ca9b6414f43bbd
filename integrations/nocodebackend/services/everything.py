"""All referrals at once: which are not in step, and a mark for each."""

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from careops.core.outbox import State
from connections.models import Referral
from integrations.nocodebackend import clients
from integrations.nocodebackend.enums import Origin
from integrations.nocodebackend.models import ReferralSync
from integrations.nocodebackend.services.marking import mark

PIECE = 500


def to_send(*, every: bool) -> QuerySet[Referral]:
    """The referrals that are not in step; with ``every`` also those that are."""
    rows = ReferralSync.objects.filter(referral=OuterRef("pk"), instance=clients.instance())
    gone = Exists(rows.filter(deleted_there_at__isnull=False))
    found = Referral.objects.exclude(gone).order_by("pk")
    if every:
        return found
    in_step = rows.filter(state=State.COMPLETED).exclude(pk__in=ReferralSync.objects.behind())
    return found.exclude(Exists(in_step))


def mark_all(*, every: bool) -> int:
    """Mark them, in pieces; how many. With ``every`` what we made is sent whole, as if it never had been."""
    ids = list(to_send(every=every).values_list("pk", flat=True))
    for start in range(0, len(ids), PIECE):
        piece = ids[start : start + PIECE]
        with transaction.atomic():
            if every:
                rows = ReferralSync.objects.filter(referral__in=piece, origin=Origin.OURS)
                rows.filter(instance=clients.instance()).update(base={})
            mark(piece)
    return len(ids)
