"""Seals over what was recorded: a later change of any row, by whatever program, is found.

A seal holds the SHA-256 of the rows of a range, after the digest of the seal before it. Rows are sealed when they are
``AGE`` old, so that no transaction that is still open can add to a range. A copy of the newest digest, kept elsewhere,
also shows that the seals themselves were not made anew.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import orjson
import structlog
from django.db import IntegrityError, models, transaction
from django.db.models import Exists, OuterRef

from careops.core import clock
from careops.core.context import deadline, is_over
from careops.core.models import AccessRecord, Event, Seal

log = structlog.get_logger(__name__)
SEALED: tuple[type[models.Model], ...] = (Event, AccessRecord)
AGE = timedelta(minutes=5)
ROWS = 5_000
CHUNK = 500
SECONDS = 30.0


def seal_recorded() -> None:
    """Seal what is old enough; part of the schedules."""
    stop = deadline(SECONDS)
    for model in SEALED:
        while not is_over(stop) and seal_next(model) is not None:
            pass


def seal_next(model: type[models.Model]) -> Seal | None:
    """Seal the next rows of a table, at most ``ROWS``. None when nothing is old enough, or somebody else sealed them."""
    before = clock.agreed_now() - AGE
    last = _latest(model)
    rows: Any = model._default_manager.filter(pk__gt=last.last_id if last else 0).order_by("pk")
    young = rows.filter(at__gte=before).values_list("pk", flat=True).first()
    if young is not None:
        rows = rows.filter(pk__lt=young)
    found = list(rows.values_list("pk", "at")[:ROWS])
    if not found:
        return None
    seal = Seal(
        table_name=model._meta.db_table,
        first_id=found[0][0],
        last_id=found[-1][0],
        rows=len(found),
        newest_at=max(at for _, at in found),
    )
    _, seal.digest = _digest(model, seal, after=last)
    try:
        with transaction.atomic():
            seal.save(force_insert=True)
    except IntegrityError:
        return None
    log.info("record.sealed", table=seal.table_name, last_id=seal.last_id, digest=seal.digest)
    return seal


def broken_seals() -> Iterator[str]:
    """A sentence for each range whose rows are not as they were sealed."""
    for model in SEALED:
        before: Seal | None = None
        for seal in Seal.objects.filter(table_name=model._meta.db_table).order_by("first_id").iterator():
            count, digest = _digest(model, seal, after=before)
            gone = seal.forgotten_at is not None and count == 0
            if not gone and (count, digest) != (seal.rows, seal.digest):
                yield f"{seal}: the rows are not as they were sealed ({count} of {seal.rows} rows)"
            before = seal


def forget(model: type[models.Model], *, before: datetime) -> int:
    """Delete the sealed rows of the ranges that are wholly older than ``before``; the number of rows.

    Only housekeeping calls it: the seals say for ever that rows were here, and when they were forgotten.
    """
    gone = 0
    for seal in _old(model, before).order_by("first_id"):
        with transaction.atomic():
            Seal.objects.filter(pk=seal.pk).update(forgotten_at=clock.agreed_now())
            rows: Any = models.QuerySet(model).filter(pk__gte=seal.first_id, pk__lte=seal.last_id)
            gone += rows._raw_delete(rows.db)
    return gone


def forgettable(model: type[models.Model], *, before: datetime) -> models.QuerySet[Any]:
    """The rows that ``forget`` would delete."""
    holds = _old(model, before).filter(first_id__lte=OuterRef("pk"), last_id__gte=OuterRef("pk"))
    return model._default_manager.filter(Exists(holds))


def _old(model: type[models.Model], before: datetime) -> models.QuerySet[Seal]:
    """The seals of whole ranges that are older than ``before`` and not forgotten yet."""
    table = model._meta.db_table
    return Seal.objects.filter(table_name=table, newest_at__lt=before, forgotten_at__isnull=True)


def _latest(model: type[models.Model]) -> Seal | None:
    return Seal.objects.filter(table_name=model._meta.db_table).order_by("-first_id").first()


def _digest(model: type[models.Model], seal: Seal, *, after: Seal | None) -> tuple[int, str]:
    """How many rows lie between the seal before and the end of this one, and their hash."""
    names = [field.attname for field in model._meta.concrete_fields]
    start = after.last_id if after else 0
    rows = model._default_manager.filter(pk__gt=start, pk__lte=seal.last_id).order_by("pk")
    found, hashed = 0, sha256((after.digest if after else "").encode())
    for row in rows.values_list(*names).iterator(chunk_size=CHUNK):
        found += 1
        hashed.update(orjson.dumps(row, default=str, option=orjson.OPT_UTC_Z | orjson.OPT_SORT_KEYS))
    return found, hashed.hexdigest()
