"""What is wanted over there, as rows under unique keys, in the order in which it was wanted.

A newer wish takes the place of an older one that has not left. The caller holds a transaction.
"""

import json
import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Model, Q, QuerySet

from bookings.models import Booking
from careops.core import clock, queue
from careops.core.alerts import resolve_alerts
from careops.core.context import current_request_id
from careops.core.outbox import UNFINISHED, State, transition
from careops.core.prepared import Prepared
from integrations.pms.alerts import WRITEBACK_FAILED
from integrations.pms.enums import IntegrationState, Operation
from integrations.pms.kinds import system_of
from integrations.pms.models import (
    AppointmentLink,
    AppointmentMirror,
    PatientLink,
    PmsIntegration,
    PmsWriteback,
    ProviderLink,
)
from integrations.pms.querysets import WritebackQuerySet
from messaging.models import Contact

BOOK, MOVE, STATUS = (
    Operation.BOOK_APPOINTMENT,
    Operation.RESCHEDULE_APPOINTMENT,
    Operation.CHANGE_APPOINTMENT_STATUS,
)
LINKS = Prepared()  # asked with every booking
# The handing over has begun, or it was done: the appointment is there or may be.
BEGUN = (State.SENDING, State.SUBMITTED, State.STUCK, State.UNKNOWN, State.COMPLETED)


def plan(
    integration: PmsIntegration,
    operation: Operation,
    entity: Model,
    *,
    occurrence: str | int,
    contact_id: int | None,
    actor_id: int | None = None,
    version: int = 1,
    target_id: str = "",
    payload: dict[str, Any] | None = None,
    refused: str = "",
) -> PmsWriteback:
    """Plan one change, once per ``occurrence``; with ``refused`` it is shown with that reason and never sent."""
    ended = {"state": State.SUPPRESSED, "reason": refused, "ended_at": clock.now()} if refused else {}
    row, made = PmsWriteback.objects.get_or_create(
        dedup_key=f"pms:{integration.pk}:{operation}:{entity.pk}:{occurrence}",
        defaults={
            "integration": integration,
            "operation": operation,
            "entity_type": entity._meta.label_lower,
            "entity_id": entity.pk,
            "entity_version": version,
            "contact_id": contact_id,
            "reference": new_reference(),
            "target_id": target_id,
            "payload": json.dumps(payload) if payload else "",
            "actor_id": actor_id,
            "request_id": current_request_id(),
            **ended,
        },
    )
    if made and not refused:
        queue.ring()
    return row


def link_of(booking: Booking) -> ProviderLink | None:
    """Where the booking's provider works, if that practice is one we write to."""
    return link_of_provider(booking.provider_id)


def link_of_provider(provider_id: int) -> ProviderLink | None:
    """Where the provider works, if that practice is one we write to."""
    found = LINKS.objects(ProviderLink, _links_of, provider_id)
    if not found or not found[0].integration.writeback_allowed:
        return None
    return None if found[0].integration.state == IntegrationState.DISABLED else found[0]


def _links_of(provider_id: int) -> QuerySet[ProviderLink]:
    return ProviderLink.objects.filter(provider=provider_id).order_by()


def wanted_of(integration: PmsIntegration, entity: Model) -> WritebackQuerySet:
    """What was ever wanted of one booking or contact there."""
    return PmsWriteback.objects.of(entity).filter(integration=integration)


def supersede(
    integration: PmsIntegration,
    entity: Model,
    operations: Collection[Operation],
    *,
    reason: str = "superseded",
) -> int:
    """Withdraw what has not left, and close the alerts of what failed; how many were withdrawn."""
    rows = wanted_of(integration, entity).filter(operation__in=operations)
    kept = given_up_at(integration)  # their cancellation is about no present appointment
    withdrawn = transition(rows.exclude(target_id__in=kept).withdrawable(), State.CANCELLED, reason=reason)
    resolve_alerts(WRITEBACK_FAILED, subjects=rows.filter(state=State.FAILED))
    return withdrawn


def is_there(integration: PmsIntegration, booking: Booking) -> bool:
    """Whether the practice has the appointment, or may have it by what is under way."""
    if AppointmentLink.objects.filter(integration=integration, booking=booking.pk).exists():
        return True
    begun = wanted_of(integration, booking).filter(operation=BOOK, state__in=BEGUN)
    if booking.contact_id:
        begun = begun.filter(Q(contact=None) | Q(contact=booking.contact_id))
    return begun.exclude(created_id__in=given_up_at(integration)).exists()


def given_up_at(integration: PmsIntegration) -> QuerySet[AppointmentMirror, str]:
    """The numbers of the practice's appointments that were given up: no booking has them."""
    linked = AppointmentLink.objects.filter(integration=integration).values("remote_id")
    rows = AppointmentMirror.objects.filter(integration=integration, left_out=True)
    return rows.exclude(remote_id__in=linked).values_list("remote_id", flat=True)


def move(
    integration: PmsIntegration,
    booking: Booking,
    *,
    occurrence: str | int,
    actor_id: int | None,
    target_id: str = "",
    payload: dict[str, Any] | None = None,
) -> PmsWriteback:
    """Plan the time that the booking has when it goes, unless ``payload`` names another."""
    return plan(
        integration,
        MOVE,
        booking,
        occurrence=occurrence,
        contact_id=booking.contact_id,
        actor_id=actor_id,
        version=booking.version,
        target_id=target_id,
        payload=payload,
    )


def is_time_untold(integration: PmsIntegration, booking: Booking) -> bool:
    """Whether the last time that was wanted there was withdrawn or refused."""
    last = wanted_of(integration, booking).filter(operation__in=(BOOK, MOVE)).order_by("pk").last()
    return last is not None and last.state not in BEGUN


def book(
    link: ProviderLink, booking: Booking, *, occurrence: str | int, actor_id: int | None
) -> PmsWriteback:
    """Plan the appointment, and before it the patient where the contact is none there yet."""
    ensure_patient(link, booking.contact, actor_id=actor_id)
    return plan(
        link.integration,
        BOOK,
        booking,
        occurrence=occurrence,
        contact_id=booking.contact_id,
        actor_id=actor_id,
        version=booking.version,
    )


def ensure_patient(link: ProviderLink, contact: Contact, *, actor_id: int | None) -> PmsWriteback | None:
    """Plan the patient unless the contact is one there, or will be by what is under way; None when they are linked."""
    integration = link.integration
    if PatientLink.objects.filter(integration=integration, contact=contact).exists():
        return None
    earlier = wanted_of(integration, contact).filter(operation=Operation.CREATE_PATIENT)
    if (open_row := earlier.filter(state__in=(*UNFINISHED, State.FAILED)).order_by("pk").last()) is not None:
        return open_row  # one that failed has an alert, and is tried again by a person
    return plan(
        integration,
        Operation.CREATE_PATIENT,
        contact,
        occurrence=earlier.count() + 1,
        contact_id=contact.pk,
        actor_id=actor_id,
        payload={"provider_id": link.remote_id},
    )


def change_patient(
    integration: PmsIntegration,
    contact: Contact,
    fields: Collection[str],
    *,
    occurrence: str | int,
    actor_id: int | None,
    values: dict[str, str] | None = None,
) -> PmsWriteback:
    """Plan the change of a patient; what that system does not take is shown as not supported."""
    payload: dict[str, Any] = {"fields": sorted(fields)}
    if values:
        payload["values"] = values
    return plan(
        integration,
        Operation.UPDATE_PATIENT,
        contact,
        occurrence=occurrence,
        contact_id=contact.pk,
        actor_id=actor_id,
        payload=payload,
        refused="" if accepts(integration, fields) else "not_supported",
    )


def accepts(integration: PmsIntegration, fields: Collection[str]) -> bool:
    """Whether the practice's system takes changes of these fields of a patient."""
    system = system_of(integration.kind)
    return system.accepts(Operation.UPDATE_PATIENT, sorted(fields), system=integration.system)


def at_practice(integration: PmsIntegration, booking: Booking) -> datetime:
    """When a booking begins, on the clock at the practice."""
    return booking.scheduled_at.astimezone(ZoneInfo(integration.time_zone or booking.provider.time_zone))


def plan_again(row: PmsWriteback, *, actor_id: int | None) -> PmsWriteback:
    """The same once more, as a new row, once per row."""
    again, made = PmsWriteback.objects.get_or_create(
        dedup_key=f"pms:{row.integration_id}:again:{row.pk}",
        defaults={
            "integration_id": row.integration_id,
            "operation": row.operation,
            "entity_type": row.entity_type,
            "entity_id": row.entity_id,
            "entity_version": row.entity_version,
            "contact_id": row.contact_id,
            "reference": new_reference(),
            "target_id": row.target_id,
            "payload": row.payload,
            "actor_id": actor_id,
            "request_id": current_request_id(),
        },
    )
    if made:
        queue.ring()
    return again


def newer_than(row: PmsWriteback) -> PmsWriteback | None:
    """What was wanted of the same kind since, if it stands: an older wish may not come after it."""
    rows = PmsWriteback.objects.filter(
        integration=row.integration_id,
        operation=row.operation,
        entity_type=row.entity_type,
        entity_id=row.entity_id,
        pk__gt=row.pk,
        state__in=(*UNFINISHED, State.COMPLETED),
    )
    return rows.order_by("pk").last()


def new_reference() -> str:
    """A name for an order that no other order has, of letters and digits alone."""
    return f"CO{secrets.token_hex(8).upper()}"


def change_status(
    integration: PmsIntegration,
    booking: Booking,
    status: str,
    *,
    occurrence: str,
    actor_id: int | None,
    target_id: str = "",
) -> PmsWriteback:
    """Plan another status of the appointment."""
    return plan(
        integration,
        STATUS,
        booking,
        occurrence=occurrence,
        contact_id=booking.contact_id,
        actor_id=actor_id,
        version=booking.version,
        target_id=target_id,
        payload={"status": status},
    )
