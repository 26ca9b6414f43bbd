"""Alerts: what a person must look at. Raised where a cause begins, resolved where it ends."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.utils.module_loading import import_string

from careops.core import clock
from careops.core.context import current_request_id, is_first_in_request
from careops.core.models import Alert, AlertStatus, Severity, subject_of

MAX_TRIES = 20


@dataclass(frozen=True)
class AlertKind:
    """A kind of alert, declared once by the app that raises it."""

    name: str
    severity: Severity
    title: str
    todo: str

    known: ClassVar[dict[str, "AlertKind"]] = {}

    def __post_init__(self) -> None:
        if self.known.setdefault(self.name, self) is not self:
            raise ValueError(f"The alert kind {self.name} is declared twice.")


def kinds() -> Mapping[str, AlertKind]:
    """Every kind of alert. Sweeps and handlers bring in those that a process has not met yet."""
    handlers = import_string(settings.EVENT_HANDLERS).values()
    for path in (*import_string(settings.TICK), *(path for paths in handlers for path in paths)):
        with suppress(ImportError):  # a handler that is gone is named by the doctor
            import_string(path)
    return AlertKind.known


def kind_named(name: str) -> AlertKind | None:
    """The kind, None when nobody declares it any more."""
    return AlertKind.known.get(name) or kinds().get(name)


def kind_title(name: str) -> str:
    """What an alert of the kind says in a word or two; its bare name when nobody declares it any more."""
    return kind.title if (kind := kind_named(name)) else name.replace("_", " ").capitalize()


def kind_todo(name: str) -> str:
    """What a person does about an alert of the kind."""
    return kind.todo if (kind := kind_named(name)) else ""


HANDLER_FAILED = AlertKind(
    "handler_failed", Severity.CRITICAL, "An automation failed",
    "It is tried again by itself. If it goes on failing, look up the request id in the logs.",
)  # fmt: skip
TASK_FAILED = AlertKind(
    "task_failed", Severity.CRITICAL, "A background task failed",
    "It runs again with the next tick. If it goes on failing, look at the worker's logs.",
)  # fmt: skip
CLOCK_DIFFERS = AlertKind(
    "clock_differs", Severity.WARNING, "The clock of a worker's machine differs from the database's",
    "Let both machines set their clocks by NTP. Until then the worker follows the database's clock.",
)  # fmt: skip
WORKER_RESTARTED = AlertKind(
    "worker_restarted", Severity.WARNING, "The worker stood still or ended and was restarted",
    "Nothing to do: the work goes on. If this comes back every day, look at the worker's memory and logs.",
)  # fmt: skip


def raise_alert(kind: AlertKind, *, subject: models.Model | str | None = None, detail: str = "") -> None:
    """Open the alert of this kind and subject, or count a repeat when it is open already, once per request.

    ``detail`` holds ids, codes and counts, never a person's data. A dismissed alert stays dismissed until
    its cause has ended.
    """
    where = {"kind": kind.name, **subject_of(subject)}
    said = {"detail": detail[:300], "request_id": current_request_id()}
    open_rows = Alert.objects.unresolved().filter(**where)
    counted = not is_first_in_request(_key(**where))
    for tries_left in reversed(range(MAX_TRIES)):
        if open_rows.seen_again(at=clock.now(), counted=counted, **said):
            return
        try:
            with transaction.atomic():
                Alert.objects.create(**where, severity=kind.severity, **said)
                return
        except IntegrityError:
            # Another opened it in this moment: count on it, unless it is resolved in the next.
            if not tries_left:
                raise


def _key(*, kind: str, subject_type: str, subject_id: int) -> tuple[str, str, int]:
    return kind, subject_type, subject_id


def resolve_alert(kind: AlertKind, *, subject: models.Model | str | None = None) -> bool:
    """Close the open alert of this kind and subject, because its cause has ended; whether there was one."""
    open_rows = Alert.objects.unresolved().filter(kind=kind.name, **subject_of(subject))
    return bool(open_rows.update(status=AlertStatus.RESOLVED, resolved_at=clock.now()))


def raise_alerts(kind: AlertKind, told: Mapping[models.Model, str]) -> None:
    """As ``raise_alert`` for each of several subjects of one table, with its detail, in a handful of statements."""
    if not told:
        return
    rows = {subject.pk: (subject, detail) for subject, detail in told.items()}
    label = next(iter(told))._meta.label_lower
    known = Alert.objects.unresolved().filter(kind=kind.name, subject_type=label, subject_id__in=rows)
    open_ones = set(known.values_list("subject_id", flat=True))
    for pk in sorted(open_ones):
        subject, detail = rows[pk]
        raise_alert(kind, subject=subject, detail=detail)
    fresh = [rows[pk] for pk in sorted(rows.keys() - open_ones)]
    for subject, _ in fresh:
        is_first_in_request(_key(kind=kind.name, **subject_of(subject)))
    alerts = [
        Alert(
            kind=kind.name,
            **subject_of(subject),
            severity=kind.severity,
            detail=detail[:300],
            request_id=current_request_id(),
        )
        for subject, detail in fresh
    ]
    try:
        with transaction.atomic():
            Alert.objects.bulk_create(alerts)
    except IntegrityError:
        # Another opened one of them in this moment: one by one they find it.
        for subject, detail in fresh:
            raise_alert(kind, subject=subject, detail=detail)


def resolve_alerts(kind: AlertKind, *, subjects: Iterable[models.Model]) -> int:
    """As ``resolve_alert`` for each of several subjects of one table; how many alerts there were."""
    by_id = {subject.pk: subject for subject in subjects}
    if not by_id:
        return 0
    label = next(iter(by_id.values()))._meta.label_lower
    rows = Alert.objects.unresolved().filter(kind=kind.name, subject_type=label, subject_id__in=by_id)
    return rows.update(status=AlertStatus.RESOLVED, resolved_at=clock.now())


def dismiss(*, alert: Alert, actor: Any) -> Alert:
    """Mark the alert as seen by ``actor``; dismissing it again, or a resolved one, changes nothing."""
    Alert.objects.filter(pk=alert.pk, status=AlertStatus.ACTIVE).update(
        status=AlertStatus.DISMISSED, dismissed_at=clock.now(), dismissed_by=actor
    )
    alert.refresh_from_db()
    return alert
