"""The situations in which a change to the stock is refused."""

from decimal import Decimal
from typing import Any

from careops.core.problems import Conflict, Invalid, NotFound


class UnknownItem(NotFound):
    detail, field = "There is no such item.", "item_id"


class UnknownLot(NotFound):
    detail, field = "The item has no such lot.", "lot_id"


class UnknownStockBooking(NotFound):
    detail, field = "There is no such booking.", "booking_id"


class UnknownRecipeService(NotFound):
    detail, field = "There is no such service.", "service_id"


class SkuTaken(Conflict):
    code, detail, field = "sku_taken", "Another item has this SKU.", "sku"

    def __init__(self, *, item_id: int) -> None:
        super().__init__(item_id=item_id)


class InsufficientStock(Conflict):
    code = "insufficient_stock"

    def __init__(self, *, available: Decimal, unit: str = "") -> None:
        super().__init__(f"Only {available:f} {unit}".rstrip() + " left.", available=f"{available:f}")


class LotExpired(Conflict):
    code = "lot_expired"

    def __init__(self, codes: list[str]) -> None:
        named = ", ".join(codes)
        super().__init__(
            f"What is left has expired (lot {named}). Give a reason to use it anyway.", lots=codes
        )


class LotDiffers(Conflict):
    code, field = "lot_differs", "expires_on"
    detail = "The lot is known with another expiry date. Correct the lot first."


class LotCodeTaken(Conflict):
    code, field, detail = "lot_exists", "code", "The item has another lot with this code."


class WrongSign(Invalid):
    code, field = "wrong_sign", "change"

    def __init__(self, reason: str, *, adds: bool) -> None:
        way = "adds to the stock: give a positive change" if adds else "takes from it: give a negative change"
        super().__init__(f"What is {reason} {way}.")


class TooMuch(Invalid):
    code, field, detail = "too_much", "change", "The level would be higher than 9999999999.999."


class UnitInUse(Conflict):
    code, field = "unit_in_use", "unit"

    def __init__(self, *, unit: str) -> None:
        super().__init__(
            f"Stock, movements, a threshold or recipes are counted in {unit}. "
            "Give a factor: how many new units make one old unit, or 1 for the same unit by another name."
        )


class UnitFactorUnused(Invalid):
    code, field = "unit_factor_unused", "unit_factor"
    detail = "The unit stays the same. Leave the factor empty."


class UnitFactorWithOthers(Invalid):
    code, field = "unit_factor_alone", "unit_factor"

    def __init__(self, names: list[str]) -> None:
        named = ", ".join(names)
        super().__init__(f"Change the unit alone first. Then change {named}.")


class UnitFactorLoses(Invalid):
    code, field = "unit_factor_loses", "unit_factor"


class LotOnlyOnce(Invalid):
    code, field, detail = "invalid", "lot_id", "Name a lot by its id or by its code, not by both."


class OverrideReasonMissing(Invalid):
    code, field, detail = "reason_missing", "override_reason", "Say why expired stock is used."


class ImportRefused(Invalid):
    code, detail = "import_refused", "The file has rows that cannot be taken over. Nothing was written."


class ColumnsNotChosen(Conflict):
    code, detail = "columns_unclear", "Say first what the columns of the file are."


class PreviewStale(Conflict):
    code, detail = "preview_stale", "The stock has changed since the preview. Nothing was written yet."


class ImportCrossed(Conflict):
    code = "import_crossed"
    detail = (
        "Somebody made an item with a SKU of this file in the same moment. Nothing was written; try again."
    )


class ImportIsOver(Conflict):
    code, detail = (
        "import_over",
        "This import was cancelled, or its preview is too old. Upload the file again.",
    )


class ImportRuns(Conflict):
    code, detail = "import_runs", "This import is being written at this moment. Look again in a minute."


class NotAnAmount(Invalid):
    code, detail = "invalid", "Enter a number with up to 10 digits before the point and 3 behind it."

    def __init__(self, field: str, *args: Any) -> None:
        self.field = field
        super().__init__(*args)
