"""One linked appointment and its booking, merged under the booking's own locks."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from bookings import services as bookings
from bookings.enums import OPEN, BookingStatus
from bookings.models import Booking
from bookings.notices import knows_of
from bookings.services.seats import is_open, lock_booking, lock_provider
from careops.core.events import emit
from careops.core.outbox import State, transition
from careops.core.problems import DomainError
from integrations.pms.enums import ConflictKind, Operation, Side
from integrations.pms.models import AppointmentLink, AppointmentMirror, PmsWriteback
from integrations.pms.sync.conflicts import close, open_conflict
from integrations.pms.sync.facts import FIELDS, TIME, Facts, Reader, same_status
from integrations.pms.sync.merge import News, equal, judge

CHANGES = (Operation.RESCHEDULE_APPOINTMENT, Operation.CHANGE_APPOINTMENT_STATUS)
WRITTEN_KEPT = 10
CANCELLED_THERE = "Cancelled at the practice."
ABSENT_THERE = "The practice's lists no longer hold it."
REOPENED_THERE = "It stands again at the practice."
AS_THERE = bookings.Override(reason="As the practice has it.")
MOVES_TO = {
    BookingStatus.CONFIRMED: bookings.confirm,
    BookingStatus.COMPLETED: bookings.complete,
    BookingStatus.NO_SHOW: bookings.mark_no_show,
}


def merge(reader: Reader, link: AppointmentLink, mirror: AppointmentMirror, seen: Facts | None) -> None:
    """Let the booking follow what changed there alone, and put on the list what changed on both sides.

    Whoever reschedules the booking in this moment comes before or after. The caller holds a transaction.
    """
    lock_provider(link.booking.provider_id)
    booking = lock_booking(link.booking_id)
    link = AppointmentLink.objects.select_for_update().get(pk=link.pk)
    there = reader.of_mirror(mirror)
    if link.gone_reading is not None and mirror.gone_at is None and there["status"] not in {None, *OPEN}:
        forget_absence(link)  # the practice itself says that it is over
    elif link.gone_reading is not None and mirror.gone_at is None:
        if refusal := _seen_again(reader, link, booking, there["status"]):
            back = {**there, "status": there["status"] or link.gone_status}
            _differ(reader, booking, mirror, "status", reader.of_booking(booking), back, refusal)
            return
        booking = lock_booking(link.booking_id)
    here = reader.of_booking(booking)
    # Of an appointment that is over there, only that it is over counts.
    fields = FIELDS if there["status"] in {None, *OPEN} else ("status",)
    news = {
        field: judge(
            there=there[field],
            seen=(seen or {}).get(field),
            here=here[field],
            base=link.base.get(field),
            written=[facts.get(field) for facts in link.written],
            same=same_status if field == "status" else equal,
        )
        for field in fields
    }
    agreed = {field: here[field] for field in fields if news[field] is News.AGREED}
    wanted = {field: there[field] for field in fields if news[field] is News.THEIRS}
    refused = _carry_out(booking, wanted, ABSENT_THERE if mirror.gone_at else CANCELLED_THERE)
    agreed |= {field: value for field, value in wanted.items() if field not in refused}
    for field in fields:
        if news[field] is News.CONFLICT or field in refused:
            _differ(reader, booking, mirror, field, here, there, refused.get(field, ""))
    _note(link, there, agreed)
    quiet = [field for field in fields if news[field] is News.ECHO]
    if fields == ("status",):
        quiet += [field for field in FIELDS if field != "status"]
    if closed := [*agreed, *quiet]:
        close(reader.integration, Side.APPOINTMENT, mirror.remote_id, fields=closed)


def _seen_again(reader: Reader, link: AppointmentLink, booking: Booking, status: str | None) -> str:
    """Give a booking that was cancelled by absence its status back; the code of what refuses it."""
    if booking.status == BookingStatus.CANCELLED:
        to = BookingStatus.CONFIRMED if status == BookingStatus.CONFIRMED else BookingStatus(link.gone_status)
        if refused := _try(
            ("status",),
            lambda: bookings.reopen(booking=booking, actor=None, reason=REOPENED_THERE, to=to),
        ):
            return refused["status"]
        emit(
            "pms_appointment.restored",
            subject=booking,
            actor=None,
            integration_id=link.integration_id,
            reading=link.gone_reading.isoformat() if link.gone_reading else "",
            cause="seen_again",
        )
        link.base = {**link.base, "status": to.value}
    forget_absence(link)
    close(reader.integration, Side.APPOINTMENT, link.remote_id, fields=["status"])
    return ""


def forget_absence(link: AppointmentLink) -> None:
    """Clear the cancellation by absence: the booking is restored, or a person has decided."""
    link.gone_reading, link.gone_status = None, ""
    link.save(update_fields=["base", "gone_reading", "gone_status"])


def _carry_out(booking: Booking, wanted: Facts, cancel_reason: str) -> dict[str, str]:
    """Do here what was done there; by field, the code of what refuses it."""
    refused: dict[str, str] = {}
    if "status" in wanted:
        refused |= _try(("status",), lambda: to_status(booking, wanted["status"], cancel_reason))
    if time := {field: wanted[field] for field in TIME if field in wanted}:
        refused |= _try(tuple(time), lambda: to_time(booking, time))
    if "provider" in wanted:
        refused["provider"] = "other_provider"  # whose patient it is now, a person says
    return refused


def _try(fields: tuple[str, ...], do: Any) -> dict[str, str]:
    try:
        with transaction.atomic():
            do()
    except DomainError as refusal:
        return dict.fromkeys(fields, refusal.code)
    return {}


def to_status(booking: Booking, status: str, cancel_reason: str = CANCELLED_THERE, *, was: str = "") -> None:
    """Move the booking to this status, over a reopening where it was over. Raises DomainError.

    ``was`` is the status that it had before it was cancelled by absence.
    """
    fresh = Booking.objects.get(pk=booking.pk)
    if status == BookingStatus.CANCELLED:
        quiet = _is_quiet(booking)
        bookings.cancel(booking=booking, actor=None, reason=cancel_reason, quiet=quiet)
        return
    if not is_open(fresh):
        to = BookingStatus(was or BookingStatus.CONFIRMED)
        bookings.reopen(booking=booking, actor=None, reason=REOPENED_THERE, to=to)
    confirmed = status == BookingStatus.CONFIRMED and not is_open(fresh) and was != BookingStatus.PENDING
    if status in MOVES_TO and not confirmed:
        MOVES_TO[BookingStatus(status)](booking=booking, actor=None)


def to_time(booking: Booking, time: Facts) -> None:
    """Move the booking to this time and length. Raises DomainError."""
    bookings.reschedule(
        booking=booking,
        actor=None,
        at=datetime.fromisoformat(time["at"]) if "at" in time else None,
        duration_minutes=time.get("minutes"),
        override=AS_THERE,
        quiet=_is_quiet(booking),
    )


def _is_quiet(booking: Booking) -> bool:
    """Whether no message tells of a change at the practice: CareOps has told the client of no booking."""
    return not (settings.PMS_CONFIRM_BOOKINGS or knows_of(booking))


def _differ(
    reader: Reader,
    booking: Booking,
    mirror: AppointmentMirror,
    field: str,
    here: Facts,
    there: Facts,
    reason: str,
) -> None:
    """Put it on the list, and hold back what we had asked for meanwhile."""
    open_conflict(
        reader.integration,
        kind=ConflictKind.OVERLAP if reason == "slot_taken" else ConflictKind.FIELD,
        side=Side.APPOINTMENT,
        remote_id=mirror.remote_id,
        field=field,
        ours=here[field],
        theirs=there[field],
        reason=reason,
        booking=booking,
    )
    rows = PmsWriteback.objects.of(booking).filter(integration=reader.integration, operation__in=CHANGES)
    transition(rows.withdrawable(), State.CANCELLED, reason="conflict")


def _note(link: AppointmentLink, there: Facts, agreed: Facts) -> None:
    """Write down what both have now; what we asked for is forgotten once it, or something later, was seen."""
    written = link.written
    for place, facts in enumerate(written):
        if facts and all(there.get(field) == value for field, value in facts.items()):
            written = written[place + 1 :]
            break
    base = {**link.base, **agreed}
    if base != link.base or written != link.written:
        link.base, link.written = base, written
        link.save(update_fields=["base", "written"])


def asked(link: AppointmentLink, facts: Facts) -> None:
    """Remember what is about to be asked for, so that it is known again when it shows."""
    link.written = [*link.written, facts][-WRITTEN_KEPT:]
    link.save(update_fields=["written"])


def done_there(link: AppointmentLink, facts: Facts) -> None:
    """The practice has carried it out: that is what both have now, unless something later was seen meanwhile."""
    if not link.base:
        link.base, link.written = facts, [facts]
    elif facts in link.written:
        link.base = {**link.base, **facts}
    link.save(update_fields=["base", "written"])


def refused_there(link: AppointmentLink, facts: Facts) -> None:
    """The practice has not carried it out: when it shows all the same, it is the practice's own."""
    if facts in link.written:
        link.written = [asked for asked in link.written if asked != facts]
        link.save(update_fields=["written"])


def settle_base(link: AppointmentLink, facts: Facts) -> None:
    """A person has decided: this is what both are taken to have agreed on."""
    link.base = {**link.base, **facts}
    link.save(update_fields=["base"])
