"""Giving up an appointment: it is cancelled at the practice and no longer belongs to the booking.

A practice's system changes neither the patient of an appointment nor the practice where it stands.
"""

from bookings.enums import BookingStatus
from bookings.models import Booking
from careops.core import clock
from careops.core.outbox import State, transition
from integrations.pms.models import AppointmentLink, AppointmentMirror, PmsIntegration, PmsWriteback
from integrations.pms.services import planning
from integrations.pms.services.planning import BOOK, MOVE, STATUS


def give_up(
    integration: PmsIntegration, booking: Booking, *, actor_id: int | None, contact_id: int | None = None
) -> None:
    """Withdraw what is planned for the booking at the practice, and cancel its appointment.

    With ``contact_id``, only what was planned for that contact is withdrawn. An appointment that is on its way is
    given up when it is made, see ``links.link``.
    """
    rows = planning.wanted_of(integration, booking).filter(operation__in=(BOOK, MOVE, STATUS))
    if contact_id is not None:
        rows = rows.filter(contact=contact_id)
    given_up = planning.given_up_at(integration)
    transition(rows.exclude(target_id__in=given_up).withdrawable(), State.CANCELLED, reason="superseded")
    link = AppointmentLink.objects.filter(integration=integration, booking=booking).first()
    if link is not None:
        link.delete()
        give_up_appointment(integration, booking, link.remote_id, actor_id=actor_id)


def give_up_appointment(
    integration: PmsIntegration, booking: Booking, remote_id: str, *, actor_id: int | None
) -> None:
    """Plan the cancellation of this appointment, and let no reading make it a booking again."""
    AppointmentMirror.objects.update_or_create(
        integration=integration, remote_id=remote_id, defaults={"left_out": True, "synced_at": clock.now()}
    )
    planning.change_status(
        integration,
        booking,
        BookingStatus.CANCELLED,
        occurrence=f"gone.{remote_id}",
        actor_id=actor_id,
        target_id=remote_id,
    )


def give_up_made(row: PmsWriteback, booking: Booking, remote_id: str) -> None:
    """Give up the appointment that ``row`` has just made for the previous person.

    The appointment of the present person waits until it is cancelled: both stand at the same time.
    """
    give_up_appointment(row.integration, booking, remote_id, actor_id=row.actor_id)
    waiting = planning.wanted_of(row.integration, booking).filter(operation=BOOK, pk__gt=row.pk)
    for later in waiting.withdrawable().order_by("pk"):
        same = PmsWriteback.objects.filter(pk=later.pk).withdrawable()
        if transition(same, State.CANCELLED, reason="superseded"):
            planning.plan_again(later, actor_id=later.actor_id)
