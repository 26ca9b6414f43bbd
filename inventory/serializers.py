"""Items, movements, lots and recipes. Amounts are numbers in answers; requests may also send them as text."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from rest_framework import serializers

from bookings.serializers.fields import IdField
from careops.core.bodies import Body
from careops.core.reads import ReadSerializer, number
from inventory.enums import StockReason
from inventory.exceptions import LotOnlyOnce, OverrideReasonMissing
from inventory.fields import MAX_DIGITS, MOST, PLACES, exact
from inventory.models import LotMovement, one_line, sku_code
from inventory.services import LotChoice, Override

MAX_LINES = 100


class AmountField(serializers.DecimalField):
    """An amount of stock, as a number or as text, with up to 3 places."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=MAX_DIGITS, decimal_places=PLACES, **{"max_value": MOST, **kwargs})

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool) or not isinstance(data, int | float | str):
            self.fail("invalid")
        return exact(super().to_internal_value(data))


class ItemRead(ReadSerializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    sku = serializers.CharField()
    quantity = serializers.FloatField(help_text="The level, in units; up to 3 places.")
    unit = serializers.CharField()
    low_stock_threshold = serializers.FloatField()
    cost = serializers.DecimalField(max_digits=10, decimal_places=2, help_text="Per unit.")
    supplier_note = serializers.CharField(allow_blank=True)
    is_active = serializers.BooleanField()
    is_low = serializers.BooleanField(help_text="Active, and at its threshold or below.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ItemWrite(Body):
    name = serializers.CharField(max_length=120, validators=[one_line])
    sku = serializers.CharField(
        required=False,
        max_length=64,
        validators=[sku_code],
        help_text="Numbered when not given: ITEM-000001.",
    )
    quantity = AmountField(
        required=False, min_value=Decimal(0), help_text="A change is written as a movement."
    )
    unit = serializers.CharField(required=False, max_length=20, validators=[one_line])
    low_stock_threshold = AmountField(required=False, min_value=Decimal(0))
    cost = serializers.DecimalField(required=False, max_digits=10, decimal_places=2, min_value=Decimal(0))
    supplier_note = serializers.CharField(
        required=False, allow_blank=True, max_length=500, validators=[one_line]
    )
    is_active = serializers.BooleanField(required=False)


class ItemPatch(ItemWrite):
    unit_factor = serializers.DecimalField(
        required=False,
        max_digits=12,
        decimal_places=6,
        min_value=Decimal("0.000001"),
        help_text="With another unit: how many new units make one old unit. Level, lots, threshold, recipes and cost follow.",
    )


class LotPartRead(ReadSerializer):
    lot_id = serializers.IntegerField()
    code = serializers.CharField(source="lot.code")
    change = serializers.FloatField()


def _lots_of(movements: Sequence[Any]) -> Mapping[Any, Any]:
    found: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    rows = LotMovement.objects.filter(movement__in=movements).order_by("id")
    for movement, lot, code, change in rows.values_list("movement_id", "lot_id", "lot__code", "change"):
        found[movement].append({"lot_id": lot, "code": code, "change": number(change)})
    return found


class MovementRead(ReadSerializer):
    id = serializers.IntegerField()
    item_id = serializers.IntegerField()
    change = serializers.FloatField()
    level = serializers.FloatField(help_text="The item's level after it.")
    reason = serializers.ChoiceField(StockReason.choices)
    booking_id = serializers.IntegerField(allow_null=True)
    actor_id = serializers.IntegerField(allow_null=True)
    note = serializers.CharField(allow_blank=True)
    override_reason = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()
    lots = LotPartRead(many=True, help_text="How much of it is whose lot's; the rest is loose stock.")

    related: ClassVar = {"lots": _lots_of}


class MovementWrite(Body):
    change = AmountField(min_value=-MOST, help_text="Not 0. Negative takes away.")
    reason = serializers.ChoiceField(StockReason.choices)
    booking_id = IdField(required=False, allow_null=True)
    note = serializers.CharField(required=False, allow_blank=True, max_length=300)
    lot_id = IdField(required=False, allow_null=True)
    lot_code = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=64,
        validators=[one_line],
        help_text="A new code makes a lot when stock comes in.",
    )
    expires_on = serializers.DateField(required=False, allow_null=True)
    override = serializers.BooleanField(required=False, help_text="Use expired stock anyway.")
    override_reason = serializers.CharField(required=False, allow_blank=True, max_length=300)

    def validate_change(self, value: Decimal) -> Decimal:
        if not value:
            raise serializers.ValidationError("A movement of 0 moves nothing.", code="invalid")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The values as ``services.record`` takes them."""
        return {
            "change": attrs["change"],
            "reason": StockReason(attrs["reason"]),
            "booking_id": attrs.get("booking_id"),
            "note": attrs.get("note", ""),
            "lot": _lot(attrs.get("lot_id"), attrs.get("lot_code", ""), attrs.get("expires_on")),
            "override": _override(attrs),
        }


def _lot(pk: int | None, code: str, expires_on: Any) -> LotChoice | None:
    if pk is not None and code:
        raise LotOnlyOnce
    if pk is None and not code:
        if expires_on is not None:
            raise serializers.ValidationError({"expires_on": "Name the lot that expires then."})
        return None
    return LotChoice(id=pk, code=code, expires_on=expires_on)


def _override(attrs: Mapping[str, Any]) -> Override | None:
    if not attrs.get("override"):
        return None
    if not attrs.get("override_reason"):
        raise OverrideReasonMissing
    return Override(reason=attrs["override_reason"])


class LotRead(ReadSerializer):
    id = serializers.IntegerField()
    item_id = serializers.IntegerField()
    code = serializers.CharField()
    expires_on = serializers.DateField(allow_null=True, help_text="The last day it may be used.")
    quantity = serializers.FloatField()
    created_at = serializers.DateTimeField()


class LotWrite(Body):
    code = serializers.CharField(max_length=64, validators=[one_line])
    expires_on = serializers.DateField(allow_null=True)


class RecipeLineRead(ReadSerializer):
    item_id = serializers.IntegerField()
    sku = serializers.CharField(source="item.sku")
    name = serializers.CharField(source="item.name")
    unit = serializers.CharField(source="item.unit")
    amount = serializers.FloatField()


class RecipeLineWrite(Body):
    item_id = IdField()
    amount = AmountField(min_value=Decimal("0.001"))


class RecipeRead(serializers.Serializer[Any]):
    items = RecipeLineRead(many=True)


class RecipeWrite(Body):
    items = RecipeLineWrite(many=True, allow_empty=True)

    def validate_items(self, lines: list[dict[str, Any]]) -> dict[int, Decimal]:
        """The amounts by item id."""
        if len(lines) > MAX_LINES:
            raise serializers.ValidationError(f"At most {MAX_LINES} items.", code="max_length")
        amounts = {line["item_id"]: line["amount"] for line in lines}
        if len(amounts) < len(lines):
            raise serializers.ValidationError("Name each item once.", code="invalid")
        return amounts
