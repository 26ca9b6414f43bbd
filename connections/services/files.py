"""Files of referrals: the row and what lies on the shelf stand or fall together."""

from functools import partial
from hashlib import sha256
from typing import IO, Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from careops.core.events import emit
from connections.enums import Party, ReferralStatus
from connections.exceptions import (
    FileLost,
    FileTooLarge,
    NoRoomForFiles,
    NotYourReferral,
    ReferralClosed,
    TooManyFiles,
)
from connections.filing import Shelf, kind_of, safe_name
from connections.models import Referral, ReferralFile
from connections.services.parties import parties_of
from connections.services.referral_rows import lock_referral, refuse_forgotten

log = structlog.get_logger(__name__)
CLOSED = frozenset({ReferralStatus.DECLINED, ReferralStatus.CANCELLED})
# A file lies this long before nobody's transaction can still be about to name it.
SETTLED = 3600
AT_ONCE = 500


def shelf() -> Shelf:
    """Where this installation keeps files."""
    return Shelf(settings.REFERRAL_FILES_DIR)


@transaction.atomic
def add_file(*, referral: Referral, actor: Any, name: str, content: bytes) -> ReferralFile:
    """Keep a file with the referral, under a name that is safe.

    Either side and the front desk may add files until the referral is declined or cancelled. Raises FileTooLarge,
    EmptyFile, FileRefused, NotYourReferral, ReferralClosed, TooManyFiles, ContactErased, NoRoomForFiles.
    """
    if len(content) > settings.REFERRAL_FILE_MAX_BYTES:
        raise FileTooLarge
    kind = kind_of(content, taken=settings.REFERRAL_FILE_TYPES)
    referral = lock_referral(referral)
    if not parties_of(referral, actor):
        raise NotYourReferral
    if referral.status in CLOSED:
        raise ReferralClosed
    refuse_forgotten(referral)
    if referral.files.count() >= settings.REFERRAL_FILES_MAX:
        raise TooManyFiles
    key, kept = _put(content), False
    try:
        file = ReferralFile.objects.create(
            referral=referral,
            key=key,
            name=safe_name(name, kind),
            content_type=kind.mime,
            size=len(content),
            sha256=sha256(content).hexdigest(),
            uploaded_by=actor,
        )
        emit("referral.file_added", subject=referral, actor=actor, file_id=file.pk, size=file.size)
        kept = True
    finally:
        if not kept:
            shelf().remove(key)
    return file


@transaction.atomic
def remove_file(*, file: ReferralFile, actor: Any) -> None:
    """Take a file away: the front desk any, a professional what they added. Raises NotYourReferral."""
    referral = lock_referral(file.referral)
    own = file.uploaded_by_id == getattr(actor, "pk", None) and parties_of(referral, actor)
    if not own and Party.OFFICE not in parties_of(referral, actor):
        raise NotYourReferral("Whoever added the file may take it away, and the front desk.")
    if forget_files(referral.files.filter(pk=file.pk)):
        emit("referral.file_removed", subject=referral, actor=actor, file_id=file.pk)


def forget_files(rows: QuerySet[ReferralFile]) -> int:
    """Delete these rows now and their content once that is certain; how many. What a crash leaves is swept later."""
    keys = list(rows.values_list("key", flat=True))
    rows.delete()
    transaction.on_commit(partial(_clear, keys), robust=True)
    return len(keys)


def open_file(file: ReferralFile) -> IO[bytes]:
    """The content, to be read. Raises FileLost."""
    try:
        return shelf().path(file.key).open("rb")
    except OSError as error:
        log.error("referral_file.lost", file_id=file.pk, code=type(error).__name__)
        raise FileLost from error


def sweep() -> int:
    """Take away what no row names any more; how many files."""
    settled = list(shelf().settled(seconds=SETTLED))
    gone = 0
    for start in range(0, len(settled), AT_ONCE):
        part = settled[start : start + AT_ONCE]
        known = set(
            ReferralFile.objects.filter(key__in=[path.name for path in part]).values_list("key", flat=True)
        )
        for path in part:
            if path.name not in known:
                path.unlink(missing_ok=True)
                gone += 1
    return gone


def _clear(keys: list[str]) -> None:
    for key in keys:
        shelf().remove(key)


def _put(content: bytes) -> str:
    try:
        return shelf().put(content)
    except OSError as error:
        log.error("referral_file.not_stored", code=type(error).__name__)
        raise NoRoomForFiles from error
