"""What a service uses up, a row for each item."""

from decimal import Decimal
from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest

from accounts.permissions import BACK_OFFICE, allowed
from bookings.models import Service
from bookings.services.seats import lock_provider
from careops.core.admin import BackOfficeAdmin, ObjectField, Verb, VerbForm
from inventory import services
from inventory.models import Item, RecipeLine

allowed("inventory.recipeline", create=BACK_OFFICE, partial_update=BACK_OFFICE, destroy=BACK_OFFICE)


class RecipeLineForm(VerbForm):
    events_of: ClassVar = "service__provider"
    service = ObjectField(
        Service.objects.select_related("provider"), label_of=lambda row: f"{row.name} · {row.provider.name}"
    )
    item = ObjectField(Item.objects.filter(is_active=True), label_of=str)

    def carry_out(self) -> RecipeLine:
        values = self.cleaned_data
        service, item = values["service"], values["item"]
        before = RecipeLine.objects.filter(pk=self.instance.pk).first()
        if before is not None and before.service_id != service.pk:
            _rewrite(before.service, {before.item_id: None}, self.actor)
        changed: dict[int, Decimal | None] = {item.pk: values["amount"]}
        if before is not None and before.service_id == service.pk and before.item_id != item.pk:
            changed[before.item_id] = None
        _rewrite(service, changed, self.actor)
        return RecipeLine.objects.get(service=service, item=item)


def _rewrite(service: Service, changed: dict[int, Decimal | None], actor: Any) -> None:
    """Write the recipe anew with those amounts; None takes an item out."""
    amounts = {**dict(service.recipe_lines.values_list("item_id", "amount")), **changed}
    kept = {item: amount for item, amount in amounts.items() if amount is not None}
    services.write_recipe(service=service, amounts=kept, actor=actor)


@admin.register(RecipeLine)
class RecipeLineAdmin(BackOfficeAdmin):
    list_display = ("service", "provider", "item", "shown_amount")
    list_select_related = ("service__provider", "item")
    search_fields = ("service__name_key", "item__search_text")
    search_help_text = "Search by service or item"
    ordering = ("service__name_key", "item__name_key", "id")
    form = RecipeLineForm
    fields = ("service", ("item", "amount"))
    deletion_note = "The service does not use the item up any more; what was used stays in the ledger."

    def lock(self, found: RecipeLine, verb: Verb | None) -> None:
        lock_provider(found.service.provider_id)

    def erase(self, request: HttpRequest, obj: RecipeLine) -> None:
        _rewrite(obj.service, {obj.item_id: None}, request.user)

    @admin.display(description="Provider")
    def provider(self, line: RecipeLine) -> str:
        return line.service.provider.name

    @admin.display(description="Amount", ordering="amount")
    def shown_amount(self, line: RecipeLine) -> str:
        return f"{line.amount:f} {line.item.unit}"
