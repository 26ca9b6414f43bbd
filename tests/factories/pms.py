"""Practices that are linked to the twin of their system, and what belongs to them."""

from itertools import count
from typing import Any

from django.db import transaction

from bookings.models import Provider
from careops.core import clock
from integrations.pms.enums import ConflictKind, IntegrationState, Operation, Side
from integrations.pms.models import PmsConflict, PmsIntegration, PmsWriteback, ProviderLink
from integrations.pms.services import integrations
from integrations.pms.sync.conflicts import open_conflict
from integrations.sandbox.sikka import OFFICE, SECRET
from messaging.models import Contact
from tests.factories.bookings import make_provider

_numbers = count(1)
STATUS_MAP = {"cancelled": "Cancelled", "confirmed": "Confirmed", "no_show": "Broken"}


def make_integration(**fields: Any) -> PmsIntegration:
    """A practice that was never authorised."""
    return PmsIntegration.objects.create(**{"name": "Harbour Dental", **fields})


def make_authorised(office_id: str = OFFICE, **fields: Any) -> PmsIntegration:
    """A practice that was authorised at the twin over its real doors."""
    return integrations.authorise(integration=make_integration(**fields), office_id=office_id, actor=None)


def make_stored(**fields: Any) -> PmsIntegration:
    """A practice with keys in the row, of which no twin knows."""
    known = {
        "office_id": OFFICE,
        "practice_id": "1",
        "secret_key": SECRET,
        "request_key": "1" * 32,
        "refresh_key": "2" * 32,
        "token_expiry": clock.now(),
        "refresh_at": clock.now(),
        "state": IntegrationState.ACTIVE,
        "status_map": STATUS_MAP,
    }
    return make_integration(**{**known, **fields})


def make_writeback(integration: PmsIntegration, contact: Contact, **fields: Any) -> PmsWriteback:
    """A new patient that is planned there, made without a verb."""
    n = next(_numbers)
    invented = {
        "dedup_key": f"pms:test:{n}",
        "operation": Operation.CREATE_PATIENT,
        "entity_type": "messaging.contact",
        "entity_id": contact.pk,
        "contact": contact,
        "reference": f"CO{n:016}",
        "payload": '{"provider_id": "DOC1"}',
    }
    return PmsWriteback.objects.create(integration=integration, **{**invented, **fields})


def link_provider(
    integration: PmsIntegration,
    provider: Provider | None = None,
    remote_id: str = "DOC1",
    operatory: str = "OP1",
) -> Provider:
    """A provider of ours who is that one there."""
    provider = provider or make_provider(time_zone="America/New_York")
    ProviderLink.objects.create(
        integration=integration, provider=provider, remote_id=remote_id, operatory=operatory
    )
    return provider


def make_conflict(integration: PmsIntegration, contact: Contact) -> PmsConflict:
    """The practice has the contact's patient under another name, and both have changed it."""
    with transaction.atomic():
        return open_conflict(
            integration,
            kind=ConflictKind.FIELD,
            side=Side.PATIENT,
            remote_id="70001",
            field="name",
            ours=contact.name,
            theirs="Ada Sample",
            contact=contact,
        )
