"""Which of theirs is which of ours."""

from typing import Any

from django.db import IntegrityError, transaction

from bookings.models import Booking, Provider
from careops.core.events import emit
from integrations.pms.enums import Operation
from integrations.pms.exceptions import LinkExists, UnknownProvider
from integrations.pms.models import AppointmentLink, PatientLink, PmsIntegration, PmsWriteback, ProviderLink
from integrations.pms.services import replacing
from integrations.pms.sync import persons
from messaging.models import Contact


def link_provider(
    *, integration: PmsIntegration, provider_id: int, remote_id: str, actor: Any, operatory: str = ""
) -> ProviderLink:
    """Say which provider there is which of ours. Raises UnknownProvider, LinkExists."""
    provider = Provider.objects.filter(pk=provider_id).first()
    if provider is None:
        raise UnknownProvider
    try:
        with transaction.atomic():
            link = ProviderLink.objects.create(
                integration=integration, provider=provider, remote_id=remote_id, operatory=operatory
            )
            emit("pms_link.added", subject=link, actor=actor, provider_id=provider.pk)
    except IntegrityError:
        raise LinkExists from None
    return link


@transaction.atomic
def unlink_provider(*, link: ProviderLink, actor: Any) -> None:
    """Its bookings are no longer told to the practice; an appointment that has not left fails, with an alert."""
    emit("pms_link.removed", subject=link, actor=actor, provider_id=link.provider_id)
    link.delete()


def is_anothers(row: PmsWriteback, remote_id: str) -> bool:
    """Whether what a creating change has made is linked to another contact or booking of ours."""
    if row.operation == Operation.CREATE_PATIENT:
        found = PatientLink.objects.filter(integration=row.integration_id, remote_id=remote_id)
        return found.exclude(contact=row.contact_id).exists()
    if row.operation == Operation.BOOK_APPOINTMENT:
        taken = AppointmentLink.objects.filter(integration=row.integration_id, remote_id=remote_id)
        return taken.exclude(booking=row.entity_id).exists()
    return False


def link(row: PmsWriteback, remote_id: str) -> None:
    """Link what a creating change has made; whoever was erased or deleted meanwhile has nothing to be linked to."""
    if row.operation == Operation.CREATE_PATIENT:
        if not Contact.objects.known().filter(pk=row.entity_id).exists():
            persons.leave_out(row.integration, remote_id)
            return
        persons.take_in_again(row.integration, remote_id)
        PatientLink.objects.get_or_create(
            integration=row.integration, contact_id=row.entity_id, defaults={"remote_id": remote_id}
        )
    elif row.operation == Operation.BOOK_APPOINTMENT:
        _link_booking(row, remote_id)


def _link_booking(row: PmsWriteback, remote_id: str) -> None:
    """Link the appointment with its booking; an appointment for the previous person is given up."""
    booking = Booking.objects.select_related("contact").filter(pk=row.entity_id).first()
    if booking is None:
        return
    if row.contact_id not in {None, booking.contact_id}:
        replacing.give_up_made(row, booking, remote_id)
    else:
        AppointmentLink.objects.get_or_create(
            integration=row.integration, booking_id=row.entity_id, defaults={"remote_id": remote_id}
        )
