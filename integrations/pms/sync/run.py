"""One reading of a practice: what changed since the last time, and now and then everything.

Nothing is held in memory but a page, no transaction is open while the practice is asked, and each row is written by
itself: a reading that is broken off goes on where it stopped.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.db import DataError, IntegrityError, OperationalError
from django.db.models import Q
from django.db.models.functions import Now

from careops.core import clock, context
from careops.core.problems import DomainError
from integrations.pms.enums import ConflictKind, Side
from integrations.pms.errors import BadAnswer, NotReady, PmsError
from integrations.pms.models import (
    AppointmentLink,
    AppointmentMirror,
    PatientMirror,
    PmsConflict,
    PmsIntegration,
    SyncState,
)
from integrations.pms.services import tokens
from integrations.pms.sync import absence, appointments, last_read, patients
from integrations.pms.sync.facts import Reader
from integrations.pms.system import PmsSystem, RemoteAppointment, RemotePatient, Tally

log = structlog.get_logger(__name__)
Item = TypeVar("Item")
Row = TypeVar("Row", RemotePatient, RemoteAppointment)
BATCH = 200
BUDGET_SECONDS, LEASE_SECONDS = 40.0, 120
# Their dates carry no zone: a day covers whichever one is meant, and a reading that saw an older copy.
OVERLAP = timedelta(days=1)
STRETCH = timedelta(days=28)
WAIT = timedelta(minutes=1)  # until a practice is asked again whose data are being inserted


class NotOver(Exception):
    """The time of this run is up; the next goes on."""


@dataclass
class Reading:
    """A run that holds the practice's lease."""

    state: SyncState
    integration: PmsIntegration
    system: PmsSystem
    key: str
    stop: float
    reader: Reader = field(init=False)

    def __post_init__(self) -> None:
        self.reader = Reader.of(self.integration)

    def run(self) -> None:
        """Read what changed, then what of the whole is due. Raises NotOver, PmsError."""
        began = clock.now()
        self._try_again()
        if self.state.read_until is not None:
            since = self._by_their_clock(self.state.read_until - OVERLAP)
            tally = Tally()
            self._take_patients(self.system.patients(self.key, changed_since=since, tally=tally), tally)
            self._take_appointments(
                self.system.appointments(self.key, changed_since=since, tally=tally), tally
            )
            self._keep(read_until=began)
            last_read.note_unreadable(self.integration, tally)
        if self.state.full_due_at <= began or self.state.full_began_at is not None:
            self._read_all(began)

    def _try_again(self) -> None:
        """Ask once more for the seats that were taken when the practice's appointments were seen."""
        waiting = PmsConflict.objects.open().filter(
            integration=self.integration, kind=ConflictKind.OVERLAP, side=Side.APPOINTMENT
        )
        for number in waiting.order_by("pk").values_list("remote_id", flat=True).distinct():
            with self._by_itself("appointment", number):
                appointments.try_again(self.reader, number)

    def _by_their_clock(self, moment: datetime) -> datetime:
        return moment.replace(tzinfo=None)

    def _read_all(self, began: datetime) -> None:
        if self.state.full_began_at is None:
            self._keep(full_began_at=began, full_day=None, full_page=0, held_why="", unreadable=0)
        if self.state.full_day is None:
            tally = Tally()
            rows = self.system.patients(self.key, page=self.state.full_page, tally=tally)
            self._take_patients(rows, tally, whole=True, after=self._note_page)
            self._keep(unreadable=self.state.unreadable + tally.unreadable)
            self._keep(full_day=(began - appointments.PAST).date())
        end = (began + timedelta(days=settings.PMS_SYNC_DAYS_AHEAD)).date()
        while self.state.full_day is not None and self.state.full_day <= end:
            last = min(self.state.full_day + STRETCH, end)
            self._read_days(self.state.full_day, last)
            self._keep(full_day=last + timedelta(days=1))
        first_begun = self.state.full_began_at or began
        absence.update_alerts(self.state)
        again = timedelta(minutes=settings.PMS_FULL_SYNC_MINUTES)
        if absence.awaits_second_look(self.integration):
            again = min(again, absence.CONFIRM_AFTER)
        self._keep(
            full_began_at=None,
            full_day=None,
            full_page=0,
            full_due_at=clock.now() + again,
            read_until=self.state.read_until or first_begun,
        )

    def _note_page(self, rows: int) -> None:
        self._keep(full_page=self.state.full_page + rows // self.system.page_rows)

    def _take_patients(
        self,
        rows: Iterable[RemotePatient],
        tally: Tally,
        *,
        whole: bool = False,
        after: Callable[[int], None] | None = None,
    ) -> None:
        for batch in _batches(rows, self.system.page_rows):
            ids = [remote.patient_id for remote in batch]
            known = {row.remote_id: row for row in self._mirrors(PatientMirror, ids)}
            linked = set(
                self.integration.patient_links.filter(remote_id__in=ids).values_list("remote_id", flat=True)
            )
            for remote in _with_id(batch, tally):
                mirror = known.get(remote.patient_id)
                again = whole and remote.patient_id not in linked
                if mirror is None or again or not patients.is_known(mirror, remote):
                    self._take_patient(remote)
            if after is not None:
                after(len(batch))
            self._go_on()

    def _take_appointments(
        self, rows: Iterable[RemoteAppointment], tally: Tally, *, whole: bool = False
    ) -> set[str]:
        """Take the rows in; the ids that stand in the list. A linked one without a time counts as unreadable."""
        seen: set[str] = set()
        for batch in _batches(rows, BATCH):
            ids = [remote.appointment_id for remote in batch]
            seen.update(ids)
            known = {row.remote_id: row for row in self._mirrors(AppointmentMirror, ids)}
            linked = set(
                AppointmentLink.objects.filter(integration=self.integration, remote_id__in=ids).values_list(
                    "remote_id", flat=True
                )
            )
            for remote in _with_id(batch, tally):
                if remote.starts is None and remote.appointment_id in linked:
                    tally.unreadable += 1
                    tally.unread_ids.add(remote.appointment_id)
                mirror = known.get(remote.appointment_id)
                again = whole and remote.appointment_id not in linked
                if mirror is None or again or not appointments.is_known(mirror, remote, self.reader):
                    self._take_appointment(remote)
            self._go_on()
        return seen | tally.unread_ids

    def _take_patient(self, remote: RemotePatient) -> None:
        with self._by_itself("patient", remote.patient_id):
            patients.take_in(self.integration, remote)

    def _take_appointment(self, remote: RemoteAppointment) -> None:
        self._meet(remote.patient_id)
        with self._by_itself("appointment", remote.appointment_id):
            appointments.take_in(self.reader, remote)

    @contextmanager
    def _by_itself(self, kind: str, number: str) -> Iterator[None]:
        """A row that cannot be taken in, as when another writer was quicker, keeps no other from it; it comes again."""
        try:
            yield
        except (DomainError, IntegrityError, DataError, OperationalError) as refusal:
            why = getattr(refusal, "code", type(refusal).__name__)
            log.warning("pms.row_left", integration=self.integration.pk, kind=kind, number=number, why=why)

    def _meet(self, patient_id: str) -> None:
        """Ask for a patient of whom no list has told yet."""
        if (
            not patient_id
            or PatientMirror.objects.filter(integration=self.integration, remote_id=patient_id).exists()
        ):
            return
        with suppress(BadAnswer):  # who cannot be read is in no list of ours either
            if (remote := self.system.patient(self.key, patient_id)) is not None and _has_id(remote):
                self._take_patient(remote)

    def _read_days(self, first: date, last: date) -> None:
        tally = Tally()
        # A day more on either side: the days are those of the practice's clock.
        rows = self.system.appointments(
            self.key, first=first - timedelta(days=1), last=last + timedelta(days=1), tally=tally
        )
        seen = self._take_appointments(rows, tally, whole=True)
        absence.note_present(self.integration, tally.unread_ids)
        absence.expect_made(self.integration, first, last, seen)
        due = absence.expected(self.integration, first, last)
        missing = [mirror for mirror in due.iterator() if mirror.remote_id not in seen]
        of = absence.live(due).count()
        doubt = absence.doubt_of(tally)
        if doubt is None and missing:
            doubt = self._search_for(missing, of)
        elif missing:
            absence.note_missing(missing)
        if missing and doubt is not None and absence.live(due).filter(missing_at__isnull=False).exists():
            self._keep(held_why=doubt)
        self._keep(unreadable=self.state.unreadable + tally.unreadable)

    def _search_for(self, missing: list[AppointmentMirror], of: int) -> absence.Why | None:
        """Search for each by its number: it has moved to another day, is gone, or the answer leaves it open."""
        absent, unclear = [], []
        for mirror in missing:
            try:
                remote = self.system.appointment(self.key, mirror.remote_id)
            except BadAnswer:
                unclear.append(mirror)
            else:
                if remote is None:
                    absent.append(mirror)
                else:
                    self._take_appointment(remote)
            self._go_on()
        absence.note_missing(unclear)
        rows = AppointmentMirror.objects.filter(pk__in=[mirror.pk for mirror in absent])
        if absence.are_many(absence.live(rows), of):
            absence.note_missing(absent)
            return absence.Why.MANY
        absence.note_absent(absent)
        reading = self.state.full_began_at or clock.now()
        for mirror in rows.filter(absent_at__lte=clock.now() - absence.CONFIRM_AFTER):
            absence.mark_deleted_remotely(self.reader, mirror, reading=reading, cause=absence.Cause.ABSENT)
        return absence.Why.UNCLEAR if unclear else None

    def _mirrors(self, table: Any, ids: list[str]) -> Any:
        return table.objects.filter(integration=self.integration, remote_id__in=ids)

    def _keep(self, **fields: Any) -> None:
        """Note how far it has come, where the lease still stands. Raises NotOver when another has taken over."""
        ours = SyncState.objects.filter(pk=self.state.pk, lease_token=self.state.lease_token)
        if not ours.update(**fields, lease_until=Now() + timedelta(seconds=LEASE_SECONDS)):
            raise NotOver
        for name, value in fields.items():
            setattr(self.state, name, value)

    def _go_on(self) -> None:
        if context.is_over(self.stop):
            raise NotOver


def _has_id(remote: RemotePatient | RemoteAppointment) -> bool:
    given = remote.patient_id if isinstance(remote, RemotePatient) else remote.appointment_id
    return 0 < len(given) <= appointments.LONGEST and given.isprintable()


def _with_id(batch: Iterable[Row], tally: Tally) -> Iterator[Row]:
    """The rows that a number names; the others are counted as unreadable."""
    for remote in batch:
        if _has_id(remote):
            yield remote
        else:
            tally.unreadable += 1


def _batches(rows: Iterable[Item], size: int) -> Iterator[list[Item]]:
    left = iter(rows)
    while batch := list(islice(left, size)):
        yield batch


def ask_for(integration: PmsIntegration, *, full: bool = True) -> SyncState:
    """Let the next minute read the practice, all of it unless ``full`` is false. The caller holds a transaction."""
    state, _ = SyncState.objects.get_or_create(integration=integration)
    fields: dict[str, Any] = {"due_at": clock.now()}
    if full:
        fields |= {"full_due_at": clock.now()}
    SyncState.objects.filter(pk=state.pk).update(**fields)
    state.refresh_from_db()
    return state


def sync_due(*, budget_seconds: float = BUDGET_SECONDS) -> int:
    """Read every practice that is due, the one that has waited longest first; how many were read to the end."""
    stop = context.deadline(budget_seconds)
    usable = PmsIntegration.objects.callable_at(clock.now())
    for integration in usable.filter(sync__isnull=True):
        SyncState.objects.get_or_create(integration=integration)
    due = SyncState.objects.filter(integration__in=usable, due_at__lte=clock.now()).order_by("due_at", "pk")
    done = 0
    for pk in list(due.values_list("pk", flat=True)):
        if context.is_over(stop):
            break
        done += run(pk, stop=stop)
    return done


def run(integration_id: int, *, stop: float) -> bool:
    """Read one practice until ``stop``; whether it came to the end. False too while another is reading it."""
    lease = _take_lease(integration_id)
    if lease is None:
        return False
    integration = PmsIntegration.objects.get(pk=integration_id)
    after = timedelta(minutes=settings.PMS_SYNC_MINUTES)
    try:
        tokens.with_key(
            integration,
            lambda system, key: Reading(
                SyncState.objects.get(pk=integration_id), integration, system, key, stop
            ).run(),
        )
    except NotOver:
        after = timedelta()
        last_read.note_unfinished(integration)
        return False
    except PmsError as error:
        if isinstance(error, NotReady):
            after = min(after, WAIT)
        last_read.note_failure(integration, error)
        return False
    else:
        last_read.note(integration)
        return True
    finally:
        ours = SyncState.objects.filter(pk=integration_id, lease_token=lease)
        ours.update(lease_token=None, lease_until=None, due_at=clock.now() + after)


def _take_lease(integration_id: int) -> uuid.UUID | None:
    """The right to read this practice, if nobody has it."""
    lease = uuid.uuid4()
    SyncState.objects.get_or_create(integration_id=integration_id)
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=Now())
    rows = SyncState.objects.filter(free, pk=integration_id)
    until = Now() + timedelta(seconds=LEASE_SECONDS)
    return lease if rows.update(lease_token=lease, lease_until=until) else None
