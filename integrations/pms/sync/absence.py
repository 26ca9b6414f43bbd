"""Appointments that are missing from a practice's lists: noted, confirmed by a second reading, held, restored.

An appointment counts as gone when a complete and believable list lacks it and a search by its number finds nothing.
Both must repeat ``CONFIRM_AFTER`` later. Every other absence is held: no booking is cancelled, and one alert is raised.
"""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Coalesce

from bookings import services as bookings
from bookings.enums import OPEN, BookingStatus
from bookings.models import Booking
from bookings.services.seats import lock_booking, lock_provider
from careops.core import clock
from careops.core.alerts import raise_alert, resolve_alert
from careops.core.events import emit
from careops.core.problems import DomainError
from integrations.pms.alerts import ROWS_UNREADABLE, SYNC_HELD
from integrations.pms.models import AppointmentLink, AppointmentMirror, PmsIntegration, SyncState
from integrations.pms.sync import origin
from integrations.pms.sync.appointments import PAST, follow
from integrations.pms.sync.facts import Reader
from integrations.pms.sync.merging import settle_base
from integrations.pms.system import Tally

CONFIRM_AFTER = timedelta(minutes=5)
# A practice's lists may be refreshed once a day only: an appointment that was just made there shows that late.
SHOWN_WITHIN = timedelta(days=2)
# A reading cancels more than both of these only after a person has confirmed it.
MASS_DELETE_MIN, MASS_DELETE_RATIO = 2, 0.5
RESTORED = "Restored after a reading cancelled it."


class Why(StrEnum):
    """Why an absence is not believed."""

    SHORT = "short"
    UNREADABLE = "unreadable"
    OTHER_PRACTICE = "other_practice"
    EMPTY = "empty"
    UNCLEAR = "unclear"
    MANY = "many"


class Cause(StrEnum):
    """What made an appointment count as gone, or its booking stand again."""

    ABSENT = "absent"
    CONFIRMED = "confirmed_by_person"
    RESTORED = "restored_by_person"


def doubt_of(tally: Tally) -> Why | None:
    """Why nothing may follow from what this list lacks; None where it is believable."""
    if tally.short:
        return Why.SHORT
    if not tally.whole:
        return Why.UNREADABLE
    if not tally.readable:
        return Why.OTHER_PRACTICE if tally.foreign else Why.EMPTY
    return None


def expected(integration: PmsIntegration, first: date, last: date) -> QuerySet[AppointmentMirror]:
    """The appointments that the lists of these days must hold."""
    begin, end = _span(first, last)
    return AppointmentMirror.objects.filter(
        integration=integration, gone_at__isnull=True, starts_at__gte=begin, starts_at__lt=end
    )


def _span(first: date, last: date) -> tuple[datetime, datetime]:
    """From the midnight that begins the first day to the midnight that ends the last one."""
    begin = datetime.combine(first, time(), tzinfo=clock.now().tzinfo)
    return begin, begin + (last - first) + timedelta(days=1)


def expect_made(integration: PmsIntegration, first: date, last: date, seen: Collection[str]) -> None:
    """Expect the appointments that were made for a booking of these days and that no list has ever shown."""
    begin, end = _span(first, last)
    shown = AppointmentMirror.objects.filter(
        integration=OuterRef("integration"), remote_id=OuterRef("remote_id")
    )
    links = AppointmentLink.objects.filter(
        ~Exists(shown),
        integration=integration,
        created_at__lte=clock.now() - SHOWN_WITHIN,
        booking__status__in=OPEN,
        booking__scheduled_at__gte=begin,
        booking__scheduled_at__lt=end,
    ).exclude(remote_id__in=seen)
    AppointmentMirror.objects.bulk_create(
        [
            AppointmentMirror(integration=integration, remote_id=number, starts_at=at)
            for number, at in links.values_list("remote_id", "booking__scheduled_at")
        ],
        ignore_conflicts=True,
    )


def live(rows: QuerySet[AppointmentMirror]) -> QuerySet[AppointmentMirror]:
    """Those whose booking would be cancelled."""
    links = AppointmentLink.objects.filter(
        integration=OuterRef("integration"), remote_id=OuterRef("remote_id"), booking__status__in=OPEN
    )
    return rows.filter(Exists(links))


def note_missing(mirrors: Collection[AppointmentMirror]) -> None:
    """A list lacks them; whether they are absent is not known."""
    rows = AppointmentMirror.objects.filter(pk__in=[mirror.pk for mirror in mirrors])
    rows.update(missing_at=Coalesce("missing_at", clock.now()), absent_at=None)


def note_absent(mirrors: Collection[AppointmentMirror]) -> None:
    """A whole list lacks them, and a search found nothing: the first of two readings, or a later one."""
    now = clock.now()
    rows = AppointmentMirror.objects.filter(pk__in=[mirror.pk for mirror in mirrors])
    rows.update(missing_at=Coalesce("missing_at", now), absent_at=Coalesce("absent_at", now))


def note_present(integration: PmsIntegration, remote_ids: Collection[str]) -> None:
    """The list holds them, although their rows cannot be read."""
    rows = AppointmentMirror.objects.filter(integration=integration, remote_id__in=remote_ids)
    rows.filter(missing_at__isnull=False).update(missing_at=None, absent_at=None)


def are_many(gone: Collection[AppointmentMirror], of: int) -> bool:
    """Whether so many bookings would be cancelled that a person must confirm it first."""
    return len(gone) > MASS_DELETE_MIN and len(gone) > of * MASS_DELETE_RATIO


def held(integration: PmsIntegration) -> QuerySet[AppointmentMirror]:
    """The appointments with a live booking that are missing and not confirmed to be gone."""
    return live(_in_window(integration).filter(missing_at__isnull=False, absent_at__isnull=True))


def held_bookings(integration: PmsIntegration) -> QuerySet[Booking]:
    """The bookings whose appointments are held as missing."""
    numbers = held(integration).values("remote_id")
    links = AppointmentLink.objects.filter(integration=integration, remote_id__in=numbers)
    rows = Booking.objects.filter(pk__in=links.values("booking_id")).select_related("provider", "contact")
    return rows.order_by("scheduled_at", "pk")


def awaits_second_look(integration: PmsIntegration) -> bool:
    """Whether an absence was seen once and waits for a second reading."""
    return _in_window(integration).filter(absent_at__isnull=False).exists()


def _in_window(integration: PmsIntegration) -> QuerySet[AppointmentMirror]:
    """The appointments that the next full reading asks for; older ones are not searched for."""
    first = (clock.now() - PAST).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = AppointmentMirror.objects.filter(integration=integration, gone_at__isnull=True)
    return rows.filter(starts_at__gte=first)


@transaction.atomic
def update_alerts(state: SyncState) -> None:
    """Raise or close the practice's alerts by the reading that has just ended."""
    integration = state.integration
    count = held(integration).count()
    if count and state.held_why != Why.UNREADABLE:
        said = f"{state.held_why or Why.UNCLEAR}: {count} of {live(_in_window(integration)).count()}"
        raise_alert(SYNC_HELD, subject=integration, detail=said)
    else:
        resolve_alert(SYNC_HELD, subject=integration)
    if state.unreadable:
        raise_alert(ROWS_UNREADABLE, subject=integration, detail=f"{state.unreadable} rows")
    else:
        resolve_alert(ROWS_UNREADABLE, subject=integration)


@transaction.atomic
def mark_deleted_remotely(
    reader: Reader, mirror: AppointmentMirror, *, reading: datetime, cause: Cause, actor: Any = None
) -> bool:
    """Cancel the booking of an appointment that is gone, and note why; whether a booking was cancelled.

    Nothing is done where the appointment was seen meanwhile.
    """
    mirror = AppointmentMirror.objects.select_for_update().get(pk=mirror.pk)
    if mirror.gone_at is not None or mirror.missing_at is None:
        return False
    before = reader.of_mirror(mirror)
    mirror.gone_at = mirror.synced_at = clock.now()
    mirror.save(update_fields=["gone_at", "synced_at"])
    link = _link_of(mirror)
    if link is None:
        follow(reader, mirror, before)
        return False
    lock_provider(link.booking.provider_id)
    was = lock_booking(link.booking_id).status
    follow(reader, mirror, before)
    booking = Booking.objects.get(pk=link.booking_id)
    if was not in OPEN or booking.status != BookingStatus.CANCELLED:
        return False
    AppointmentLink.objects.filter(pk=link.pk).update(gone_reading=reading, gone_status=was)
    with origin.changes_from(reader.integration):
        emit(
            "pms_appointment.gone",
            subject=booking,
            actor=actor,
            integration_id=reader.integration.pk,
            reading=reading.isoformat(),
            cause=cause.value,
            before=was,
        )
    return True


@transaction.atomic
def confirm_gone(*, integration: PmsIntegration, actor: Any, chosen: Collection[int] | None = None) -> int:
    """A person confirms that held appointments are gone: cancel their bookings and return the number.

    ``chosen`` are the ids of those bookings; None stands for all that are held. One whose appointment was seen meanwhile
    stays.
    """
    reader, reading = Reader.of(integration), clock.now()
    done = 0
    for mirror in confirmable(integration, chosen).order_by("pk"):
        done += mark_deleted_remotely(reader, mirror, reading=reading, cause=Cause.CONFIRMED, actor=actor)
    if not held(integration).exists():
        resolve_alert(SYNC_HELD, subject=integration)
    return done


def confirmable(integration: PmsIntegration, chosen: Collection[int] | None) -> QuerySet[AppointmentMirror]:
    """The missing appointments of the chosen bookings, also those that a reading has found absent since."""
    if chosen is None:
        return held(integration)
    links = AppointmentLink.objects.filter(integration=integration, booking__in=chosen)
    missing = _in_window(integration).filter(missing_at__isnull=False)
    return live(missing.filter(remote_id__in=links.values("remote_id")))


def cancelled_by(integration: PmsIntegration) -> QuerySet[AppointmentLink]:
    """The bookings that a reading has cancelled and that nobody has restored, the newest reading first."""
    rows = AppointmentLink.objects.filter(integration=integration, gone_reading__isnull=False)
    return rows.filter(booking__status=BookingStatus.CANCELLED).order_by("-gone_reading", "pk")


def last_cancelled(integration: PmsIntegration) -> QuerySet[Booking]:
    """The bookings that the newest cancelling reading has cancelled and that nobody has restored."""
    links = cancelled_by(integration).filter(gone_reading=last_cancelling(integration))
    rows = Booking.objects.filter(pk__in=links.order_by().values("booking_id"))
    return rows.select_related("provider", "contact").order_by("scheduled_at", "pk")


def last_cancelling(integration: PmsIntegration) -> datetime | None:
    """The newest reading whose cancellations stand."""
    return cancelled_by(integration).values_list("gone_reading", flat=True).first()


def restore(*, links: QuerySet[AppointmentLink], actor: Any) -> tuple[int, int]:
    """Make these bookings, which a reading cancelled, stand again as they were: how many stand, how many cannot.

    A booking whose seat is taken stays cancelled; the next call tries it again.
    """
    done = left = 0
    for link in links:
        try:
            _restore_one(link, actor)
            done += 1
        except DomainError:
            left += 1
    return done, left


@transaction.atomic
def _restore_one(link: AppointmentLink, actor: Any) -> None:
    lock_provider(link.booking.provider_id)
    booking = lock_booking(link.booking_id)
    link = AppointmentLink.objects.select_for_update().get(pk=link.pk)
    if link.gone_reading is None:
        return
    reading, to = link.gone_reading, BookingStatus(link.gone_status)
    with origin.changes_from(link.integration):
        booking = bookings.reopen(booking=booking, actor=actor, reason=RESTORED, to=to)
        emit(
            "pms_appointment.restored",
            subject=booking,
            actor=actor,
            integration_id=link.integration_id,
            reading=reading.isoformat(),
            cause=Cause.RESTORED.value,
        )
    link.gone_reading, link.gone_status = None, ""
    link.save(update_fields=["gone_reading", "gone_status"])
    settle_base(link, {"status": booking.status})


def _link_of(mirror: AppointmentMirror) -> AppointmentLink | None:
    rows = AppointmentLink.objects.select_related("booking")
    return rows.filter(integration=mirror.integration_id, remote_id=mirror.remote_id).first()
