"""Which provider there is which of ours, on the practice's page."""

from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest
from unfold.admin import TabularInline

from bookings.admin.labels import provider_label
from bookings.models import Provider
from careops.core.admin import ObjectField, VerbForm
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


class LinkFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """Takes away through the verb what was marked for deletion."""

    actor: ClassVar[Any]

    def clean(self) -> None:
        super().clean()
        for form in [] if any(self.errors) else self.deleted_forms:
            if form.instance.pk:
                links.unlink_provider(link=form.instance, actor=self.actor)


class LinkInline(TabularInline):
    model = ProviderLink
    form = LinkForm
    formset = LinkFormSet
    fields = ("provider", "remote_id", "operatory")
    extra = 0
    tab = True
    hide_title = True
    verbose_name_plural = "providers there"

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        made = super().get_formset(request, obj, **kwargs)
        made.actor, made.form.request = request.user, request
        return made

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A link is taken away and made anew."""
        return False
