"""Which provider there is which of ours, on the practice's page."""

from typing import Any

from django.http import HttpRequest

from bookings.admin.labels import provider_label
from bookings.models import Provider
from careops.core.admin import ObjectField, VerbForm, VerbFormSet, VerbInline
from integrations.pms.models import ProviderLink
from integrations.pms.services import links


class LinkForm(VerbForm):
    provider = ObjectField(Provider.objects.all(), label_of=provider_label)

    def carry_out(self) -> ProviderLink:
        given = self.cleaned_data
        return links.link_provider(
            integration=self.instance.integration,
            provider_id=given["provider"].pk,
            remote_id=given["remote_id"],
            operatory=given["operatory"],
            actor=self.actor,
        )


class LinkFormSet(VerbFormSet):
    def remove(self, row: Any, actor: Any) -> None:
        links.unlink_provider(link=row, actor=actor)


class LinkInline(VerbInline):
    model = ProviderLink
    form = LinkForm
    formset = LinkFormSet
    fields = ("provider", "remote_id", "operatory")
    verbose_name_plural = "providers there"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A link is taken away and made anew."""
        return False
