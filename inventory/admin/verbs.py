"""What the front desk does with the stock."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextInputWidget,
)

from careops.core.admin import Verb
from careops.core.admin.forms import NativeInput
from inventory import services
from inventory.enums import StockReason
from inventory.fields import MAX_DIGITS, MOST, PLACES, exact
from inventory.models import Item, StockMovement, one_line

MAY_MOVE = "inventory.add_stockmovement"


class AmountForm(forms.Form):
    amount = forms.DecimalField(
        min_value=Decimal("0.001"), max_value=MOST, max_digits=MAX_DIGITS, decimal_places=PLACES,
        widget=UnfoldAdminDecimalFieldWidget,
    )  # fmt: skip
    lot_code = forms.CharField(
        label="Lot", required=False, max_length=64, validators=[one_line], widget=UnfoldAdminTextInputWidget,
        help_text="As printed on it; may be left empty.",
    )  # fmt: skip
    note = forms.CharField(required=False, max_length=300, widget=UnfoldAdminTextInputWidget)

    def clean_amount(self) -> Decimal:
        return exact(self.cleaned_data["amount"])


class ReceiveForm(AmountForm):
    expires_on = forms.DateField(
        label="Use until", required=False, widget=NativeInput("date", "Use until", "%Y-%m-%d"),
        help_text="The last day on which the lot may be used.",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if values.get("expires_on") and not values.get("lot_code"):
            self.add_error("lot_code", "Name the lot that expires then.")
        return values


class UseForm(AmountForm):
    booking_id = forms.IntegerField(
        label="Number of the booking", required=False, min_value=1, max_value=2**63 - 1,
        widget=UnfoldAdminIntegerFieldWidget,
    )  # fmt: skip
    why_anyway = forms.CharField(
        label="Why use expired stock", required=False, max_length=300, widget=UnfoldAdminTextInputWidget,
        help_text="Only where nothing else is left.",
    )  # fmt: skip


def _moves(reason: StockReason, sign: int) -> Callable[..., StockMovement]:
    """The verb as the back office calls it: item and actor by position, the form's values by name."""

    def run(
        item: Item, actor: Any, *, amount: Decimal, lot_code: str, note: str, expires_on: Any = None,
        booking_id: int | None = None, why_anyway: str = "",
    ) -> StockMovement:  # fmt: skip
        return services.record(
            item=item,
            change=sign * amount,
            reason=reason,
            actor=actor,
            note=note,
            booking_id=booking_id,
            lot=services.LotChoice(code=lot_code, expires_on=expires_on) if lot_code else None,
            override=services.Override(reason=why_anyway) if why_anyway else None,
        )

    return run


BESIDE = {
    "insufficient_stock": "amount",
    "too_much": "amount",
    "lot_expired": "why_anyway",
    "lot_differs": "expires_on",
    "not_found": "lot_code",
}
VERBS = (
    Verb(
        name="receive", label="Receive", permission=MAY_MOVE, icon="add", variant="primary", form=ReceiveForm,
        run=_moves(StockReason.RECEIVED, 1), done="The stock is received.", beside=BESIDE,
        note="What came in. A new lot code makes a lot.",
    ),
    Verb(
        name="use", label="Use", permission=MAY_MOVE, icon="remove", form=UseForm,
        run=_moves(StockReason.USED, -1), done="The use is recorded.", beside={**BESIDE, "not_found": "booking_id"},
        note="Without a lot, what expires first is used first.",
    ),
    Verb(
        name="waste", label="Waste", permission=MAY_MOVE, icon="delete", form=AmountForm,
        run=_moves(StockReason.WASTED, -1), done="The waste is recorded.", beside=BESIDE,
        note="What was thrown away: without a lot, what has expired first.",
    ),
    Verb(
        name="return", label="Return", permission=MAY_MOVE, icon="undo", form=AmountForm,
        run=_moves(StockReason.RETURNED, 1), done="The stock is back.", beside=BESIDE,
        note="What came back unused.",
    ),
)  # fmt: skip
