"""What is in stock, how it moved, and what a service uses up."""

from decimal import Decimal
from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Lower

from bookings.models import Booking, Service
from careops.core import clock
from careops.core.folded import FoldedField, TrigramIndex
from careops.core.querysets import AppendOnly
from inventory.enums import StockReason
from inventory.fields import MOST, QuantityField
from inventory.querysets import ItemQuerySet, LedgerQuerySet, LotQuerySet, RecipeQuerySet

NONE = Decimal(0)

sku_code = RegexValidator(
    r"^[0-9A-Za-z](?:[0-9A-Za-z ._/+#-]{0,62}[0-9A-Za-z._/+#-])?\Z",
    "Enter a SKU of up to 64 letters (A to Z), digits and . _ / + # -, such as GLV-100.",
)


# What is shown on one line everywhere; most of these could not be written into a workbook and read back.
one_line = RegexValidator(
    r"^[^\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]*\Z",
    "Enter one line, without control characters.",
)


class Item(models.Model):
    """Something that is kept in stock. Its level is the sum of its movements."""

    name = models.CharField(max_length=120, validators=[one_line])
    name_key = FoldedField("name")
    search_text = FoldedField("name", "sku", "supplier_note")
    sku = models.CharField("SKU", max_length=64, validators=[sku_code], help_text="Such as GLV-100.")
    unit = models.CharField(
        max_length=20,
        default="piece",
        validators=[one_line],
        help_text="What is counted, such as piece or ml.",
    )
    quantity = QuantityField(default=NONE, editable=False, help_text="The level; only a movement changes it.")
    low_stock_threshold = QuantityField(
        default=NONE, validators=[MinValueValidator(0)], help_text="At this level, or below, it is low."
    )
    cost = models.DecimalField(
        max_digits=10,
        decimal_places=2,
        default=Decimal("0.00"),
        validators=[MinValueValidator(0)],
        help_text="Per unit.",
    )
    supplier_note = models.CharField(
        max_length=500,
        blank=True,
        validators=[one_line],
        help_text="Where it is ordered, by which number.",
    )
    is_active = models.BooleanField("active", default=True, help_text="Inactive items raise no alert.")
    is_low = models.GeneratedField(
        expression=Case(
            When(Q(is_active=True) & Q(quantity__lte=F("low_stock_threshold")), then=Value(True)),
            default=Value(False),
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    objects = ItemQuerySet.as_manager()

    class Meta:
        ordering = ("name_key", "id")
        indexes: ClassVar = [
            models.Index(fields=["name_key", "id"], name="item_name_key"),
            models.Index(fields=["name_key", "id"], condition=Q(is_low=True), name="item_low"),
            TrigramIndex(field="search_text", name="item_search"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("sku"), name="item_sku_is_unique"),
            models.CheckConstraint(condition=~Q(name=""), name="item_has_a_name"),
            models.CheckConstraint(condition=~Q(sku=""), name="item_has_a_sku"),
            models.CheckConstraint(
                condition=Q(quantity__range=(NONE, MOST)), name="item_level_is_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(low_stock_threshold__gte=NONE), name="item_threshold_is_not_negative"
            ),
            models.CheckConstraint(condition=Q(cost__gte=0), name="item_cost_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.sku})"

    @property
    def person_id(self) -> None:
        return


class Lot(models.Model):
    """A part of an item's stock that came together and, where it does, expires together."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="lots")
    code = models.CharField(max_length=64, help_text="As printed on it.")
    code_key = FoldedField("code")
    expires_on = models.DateField(
        null=True, blank=True, help_text="The last day it may be used; empty: it does not expire."
    )
    quantity = QuantityField(default=NONE, editable=False)
    alerted_days = models.SmallIntegerField(
        null=True, editable=False, help_text="The last warning, in days before expiry, that was given."
    )
    created_at = models.DateTimeField(default=clock.now)

    objects = LotQuerySet.as_manager()

    class Meta:
        ordering = (F("expires_on").asc(nulls_last=True), "id")
        indexes: ClassVar = [
            models.Index(fields=["expires_on"], condition=Q(quantity__gt=NONE), name="lot_expiry"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["item", "code"], name="lot_code_is_unique_within_its_item"),
            models.CheckConstraint(
                condition=Q(quantity__range=(NONE, MOST)), name="lot_level_is_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} of {self.item}"

    @property
    def person_id(self) -> None:
        return


class LedgerRow(models.Model):
    """A row that is written once."""

    objects = LedgerQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly


class StockMovement(LedgerRow):
    """One line of the ledger: so much came or went, why, for which booking, by whom. Append-only."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="movements", db_index=False)
    change = QuantityField()
    level = QuantityField(help_text="The item's level after it.")
    reason = models.CharField(max_length=16, choices=StockReason)
    # The number stays when the booking is deleted: the ledger is not rewritten.
    booking = models.ForeignKey(
        Booking,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="stock_movements",
    )
    event_id = models.BigIntegerField(null=True, help_text="The event that this follows by itself.")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    note = models.CharField(max_length=300, blank=True)
    override_reason = models.CharField(max_length=300, blank=True, help_text="Why expired stock was used.")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("-id",)
        indexes: ClassVar = [
            models.Index(fields=["item", "id"], name="movement_item"),
            models.Index(fields=["booking"], condition=Q(booking__isnull=False), name="movement_booking"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["event_id", "item"],
                condition=Q(event_id__isnull=False),
                name="movement_follows_an_event_once",
            ),
            models.CheckConstraint(
                condition=Q(reason__in=("received", "returned"), change__gt=NONE)
                | Q(reason__in=("used", "wasted"), change__lt=NONE)
                | (Q(reason="adjusted") & ~Q(change=NONE)),
                name="movement_goes_the_way_of_its_reason",
            ),
            models.CheckConstraint(
                condition=Q(level__range=(NONE, MOST)), name="movement_leaves_no_negative_level"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.change:+f} {self.get_reason_display().lower()}"


class LotMovement(LedgerRow):
    """How much of a movement came to or from one lot; what no lot names was loose stock. Append-only."""

    movement = models.ForeignKey(StockMovement, on_delete=models.PROTECT, related_name="lots")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="movements")
    change = QuantityField()

    class Meta:
        ordering = ("id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["movement", "lot"], name="lot_moves_once_in_a_movement"),
            models.CheckConstraint(condition=~Q(change=NONE), name="lot_movement_moves_something"),
        ]

    def __str__(self) -> str:
        return f"{self.change:+f} of lot {self.lot.code}"


class RecipeLine(models.Model):
    """How much of an item one appointment of a service uses up."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="recipe_lines")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="recipe_lines")
    amount = QuantityField(help_text="Used up each time, in the item's unit.")

    objects = RecipeQuerySet.as_manager()

    class Meta:
        ordering = ("service", "item__name_key", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["service", "item"], name="recipe_names_an_item_once"),
            models.CheckConstraint(
                condition=Q(amount__range=(Decimal("0.001"), MOST)), name="recipe_uses_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount:f} {self.item.unit} of {self.item.name}"

    @property
    def person_id(self) -> None:
        return


class StockImport(models.Model):
    """A list of items that somebody uploaded, with what it would change; after the import, what it changed."""

    name = models.CharField(max_length=120, help_text="The file's.")
    content = models.BinaryField(null=True, help_text="The file, until it is imported.")
    choices = models.JSONField(
        default=dict, help_text="The sheet, the header, the columns and the marks of the file."
    )
    report = models.JSONField(
        default=dict, help_text="What was shown of it; empty until the columns are known."
    )
    fingerprint = models.CharField(max_length=64, blank=True, help_text="Of every change in it.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(default=clock.now)
    applied_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(content__isnull=False, applied_at__isnull=True)
                | Q(content__isnull=True, applied_at__isnull=False),
                name="import_keeps_its_file_until_it_is_applied",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def person_id(self) -> None:
        return


class ImportHeader(models.Model):
    """A header of uploaded lists, and the column that a person chose for it."""

    header = models.CharField(max_length=120, unique=True, help_text="Without case, accents and signs.")
    column = models.CharField(max_length=32, blank=True, help_text="Empty: left out.")

    class Meta:
        ordering = ("header",)

    def __str__(self) -> str:
        return f"{self.header}: {self.column or 'left out'}"

    @property
    def person_id(self) -> None:
        return
