"""Before a change is handed over, and after it was carried out: what the practice has now is not overwritten unseen."""

from collections.abc import Callable

from careops.core.secrets import SecretUnreadable
from integrations.pms.enums import Operation, Side
from integrations.pms.models import AppointmentLink, PmsWriteback
from integrations.pms.services import orders
from integrations.pms.sync import appointments, conflicts, merging
from integrations.pms.sync.facts import Facts, Reader, same_status
from integrations.pms.system import Order, PmsSystem

OF_APPOINTMENTS = frozenset({Operation.RESCHEDULE_APPOINTMENT, Operation.CHANGE_APPOINTMENT_STATUS})


def before_writing(row: PmsWriteback, order: Order, system: PmsSystem, key: str) -> Order:
    """Read the appointment that is to be changed, and return the order as it stands after that.

    Raises Unwanted where both sides have changed it and a person must decide first.
    """
    link = _link_of(row) if row.operation in OF_APPOINTMENTS else None
    if link is None:
        return order
    reader = Reader.of(row.integration)
    if (remote := system.appointment(key, link.remote_id)) is not None:
        appointments.take_in(reader, remote)
    if conflicts.are_open(row.integration, Side.APPOINTMENT, link.remote_id):
        raise orders.Unwanted("conflict")
    order = orders.build(row)
    link = AppointmentLink.objects.select_related("booking__provider").get(pk=link.pk)
    facts = reader.of_order(order)
    if _is_ours(facts, reader.of_booking(link.booking)):
        merging.asked(link, facts)
    return order


def after_writing(row: PmsWriteback, sent: str) -> None:
    """Take it that the practice has what was sent."""
    if row.operation in {*OF_APPOINTMENTS, Operation.BOOK_APPOINTMENT}:
        _note(row, sent, merging.done_there)


def after_refusal(row: PmsWriteback, sent: str) -> None:
    """Take it that the practice has not what was sent."""
    if row.operation in OF_APPOINTMENTS:
        _note(row, sent, merging.refused_there)


def _note(row: PmsWriteback, sent: str, note: Callable[[AppointmentLink, Facts], None]) -> None:
    if not sent or (link := _link_of(row)) is None:
        return
    try:
        order = orders.unpacked(sent)
    except SecretUnreadable:
        return
    note(link, Reader.of(row.integration).of_order(order))


def _link_of(row: PmsWriteback) -> AppointmentLink | None:
    links = AppointmentLink.objects.select_related("booking__provider").filter(integration=row.integration)
    of_booking = links.filter(booking=row.entity_id)
    # The row may be about an appointment that is no longer the booking's.
    return (of_booking.filter(remote_id=row.target_id) if row.target_id else of_booking).first()


def _is_ours(facts: Facts, here: Facts) -> bool:
    """Whether what is asked for is what the booking has; else somebody changes the practice's alone."""
    return all(
        same_status(value, here[field]) if field == "status" else value == here[field]
        for field, value in facts.items()
    )
