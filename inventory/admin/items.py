"""Items: what there is, how much of it, and what came and went."""

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import display
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from careops.core.admin import BackOfficeAdmin, VerbForm, label
from inventory import services
from inventory.admin.transfer import TransferPages
from inventory.admin.verbs import VERBS
from inventory.fields import MAX_DIGITS, MOST, PLACES, exact
from inventory.models import Item


class ItemForm(VerbForm):
    on_hand = forms.DecimalField(
        label="Level", required=False, min_value=Decimal(0), max_value=MOST, max_digits=MAX_DIGITS,
        decimal_places=PLACES, widget=UnfoldAdminDecimalFieldWidget,
        help_text="What is there. Another level is written into the ledger as a correction.",
    )  # fmt: skip
    unit_factor = forms.DecimalField(
        label="Unit factor", required=False, min_value=Decimal("0.000001"), max_digits=12, decimal_places=6,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text="Only with another unit: how many new units make one old unit. 1 is the same unit by another name.",
    )  # fmt: skip
    beside: ClassVar = {"insufficient_stock": "on_hand", "too_much": "on_hand", "sku_taken": "sku"}
    stored_as: ClassVar = {"on_hand": "quantity"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self.fields.pop("unit_factor", None)
        if "on_hand" in self.fields:
            self.initial.setdefault("on_hand", self.instance.quantity)

    def clean_on_hand(self) -> Decimal:
        given = self.cleaned_data["on_hand"]
        return self.instance.quantity if given is None else exact(given)

    def carry_out(self) -> Item:
        if self.instance._state.adding:
            values = {name: self.cleaned_data[name] for name in self.own_fields()}
            return services.create_item(actor=self.actor, quantity=self.cleaned_data["on_hand"], **values)
        values = self.changes()
        if "on_hand" in self.changed_data:
            values["quantity"] = self.cleaned_data["on_hand"]
        if {"unit", "unit_factor"} & set(self.changed_data):
            values["unit_factor"] = self.cleaned_data["unit_factor"]
        return services.update_item(item=self.instance, actor=self.actor, **values)


class LevelFilter(admin.SimpleListFilter):
    title = "level"
    parameter_name = "level"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("low", "Low"), ("enough", "Enough")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "low":
                return queryset.low()
            case "enough":
                return queryset.filter(is_low=False)
        return queryset


def _fieldsets(*stock: str | tuple[str, ...]) -> Any:
    """The fields of the form by line; ``stock`` are the lines about its level and unit."""
    lines = (("name", "sku"), *stock, ("low_stock_threshold", "cost"), "supplier_note", "is_active")
    return ((None, {"fields": lines}),)


@admin.register(Item)
class ItemAdmin(TransferPages, BackOfficeAdmin):
    list_display = ("name", "sku", "level", "threshold", "cost", "is_active")
    list_filter = (LevelFilter, "is_active")
    search_fields = ("search_text",)
    search_help_text = "Search by name, SKU or supplier note"
    ordering = ("name_key", "id")
    form = ItemForm
    verbs = VERBS
    judged_by = ("name", "sku", "unit", "is_active")
    fieldsets = _fieldsets(("on_hand", "unit"))
    existing = _fieldsets("on_hand", ("unit", "unit_factor"))
    shown = (
        (None, {"fields": (("name", "sku"), ("low_stock_threshold", "cost"), "supplier_note", "is_active")}),
    )
    record_fieldset = ("Stock", {"fields": ("level", "lots_left", "ledger")})

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who only looks reads the level; who may change the item has a field for it beside the rest."""
        if not obj:
            return self.fieldsets
        return (
            self.record_fieldset,
            *(self.existing if self.has_change_permission(request) else self.shown),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("level", "lots_left", "ledger") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An item keeps its ledger: it is made inactive instead."""
        return False

    @display(description="Level", ordering="quantity")
    def level(self, item: Item) -> str:
        shown = f"{item.quantity:f} {item.unit}"
        return format_html("{} {}", shown, label("low", "warning")) if item.is_low else shown

    @display(description="Low at", ordering="low_stock_threshold")
    def threshold(self, item: Item) -> str:
        return f"{item.low_stock_threshold:f}"

    @display(description="Lots")
    def lots_left(self, item: Item) -> str:
        lots = [f"{lot.code}: {lot.quantity:f}{_until(lot.expires_on)}" for lot in item.lots.in_stock()]
        return "\n".join(lots) or "No lot: all of it is loose stock."

    @display(description="Ledger")
    def ledger(self, item: Item) -> str:
        route = reverse("admin:inventory_stockmovement_changelist")
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500" href="{}?item__id__exact={}">All movements</a>',
            route,
            item.pk,
        )


def _until(day: Any) -> str:
    return f", use until {day:%Y-%m-%d}" if day else ""
