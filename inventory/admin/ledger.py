"""Lots and the ledger."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from careops.core.admin import BackOfficeAdmin, ReadOnlyAdmin, Verb, VerbForm, label
from inventory import services
from inventory.models import Lot, StockMovement
from inventory.services.ledger import lock_item
from inventory.services.lots import has_expired


class LotForm(VerbForm):
    events_of: ClassVar = "item"

    def carry_out(self) -> Lot:
        return services.correct_lot(lot=self.instance, actor=self.actor, **self.changes())


@admin.register(Lot)
class LotAdmin(BackOfficeAdmin):
    list_display = ("code", "item", "left", "use_until")
    list_filter = (("item", AutocompleteSelectFilter),)
    list_select_related = ("item",)
    search_fields = ("code_key", "item__search_text")
    search_help_text = "Search by code or item"
    ordering = ("expires_on", "id")
    form = LotForm
    fields = (("item", "left"), ("code", "expires_on"))
    readonly_fields = ("item", "left")

    def lock(self, found: Lot, verb: Verb | None) -> None:
        lock_item(found.item_id)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A lot comes with the stock that is received."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description="Left", ordering="quantity")
    def left(self, lot: Lot) -> str:
        return f"{lot.quantity:f} {lot.item.unit}"

    @display(description="Use until", ordering="expires_on")
    def use_until(self, lot: Lot) -> str:
        if lot.expires_on is None:
            return "Does not expire"
        return label(f"{lot.expires_on:%Y-%m-%d}", "danger" if has_expired(lot) and lot.quantity else "")


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
    list_display = ("at", "item", "shown_change", "shown_level", "reason", "booking_id", "actor", "note")
    list_filter = (("reason", ChoicesDropdownFilter), ("item", AutocompleteSelectFilter))
    list_select_related = ("item", "actor")
    search_fields = ("item__search_text",)
    search_help_text = "Search by item"
    ordering = ("-id",)
    fields = (
        ("item", "at"), ("shown_change", "shown_level", "reason"), "parts", ("booking_id", "actor"),
        ("note", "override_reason"),
    )  # fmt: skip

    @display(description="Change", ordering="change")
    def shown_change(self, movement: StockMovement) -> str:
        return f"{movement.change:+f}"

    @display(description="Level after it")
    def shown_level(self, movement: StockMovement) -> str:
        return f"{movement.level:f}"

    @display(description="Lots")
    def parts(self, movement: StockMovement) -> str:
        parts = movement.lots.select_related("lot")
        return "\n".join(f"{part.lot.code}: {part.change:+f}" for part in parts) or "Loose stock"
