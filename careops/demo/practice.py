"""The practice that the sandbox's twin of Sikka stands for, linked to the demo's first provider."""

from accounts.models import User
from bookings.models import Provider
from integrations.pms.models import PmsIntegration, ProviderLink
from integrations.pms.services import integrations, links
from integrations.sandbox.sikka import OFFICE, SECRET

STATUSES = ["Scheduled", "Confirmed", "Complete", "Broken", "Cancelled"]


def practice(providers: list[Provider], admin: User) -> PmsIntegration:
    """The integration, with what the worker needs to get its first key; one that is there already stays as it is."""
    known = PmsIntegration.objects.filter(office_id=OFFICE).first()
    if known is not None:
        return known
    made = integrations.create(
        name="Harbour Dental (sandbox)",
        actor=admin,
        office_id=OFFICE,
        practice_id="1",
        secret_key=SECRET,
        system="OpenDental",
        time_zone=providers[0].time_zone,
        status_map=integrations.suggested_map(STATUSES),
    )
    if not ProviderLink.objects.filter(provider=providers[0]).exists():
        links.link_provider(
            integration=made, provider_id=providers[0].pk, remote_id="DOC1", operatory="OP1", actor=admin
        )
    return made
