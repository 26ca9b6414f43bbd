"""Amounts of stock: decimals with three places, stored as whole thousandths so that both engines add exactly."""

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import DecimalValidator
from django.db import models

MAX_DIGITS, PLACES = 13, 3
THOUSAND = 1000
MOST = Decimal("9999999999.999")
fits = DecimalValidator(MAX_DIGITS, PLACES)


def exact(value: Any) -> Decimal:
    """``value`` as an amount without needless zeros. Raises ValidationError for what is none."""
    try:
        amount = value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        raise ValidationError("Enter a number.", code="invalid") from None
    fits(amount)
    return Decimal(int(amount * THOUSAND)) / THOUSAND


def thousandths(value: Any) -> int:
    """How the database holds an amount. Raises ValidationError for what is none."""
    return int(exact(value) * THOUSAND)


if TYPE_CHECKING:
    _Stored = models.BigIntegerField[Decimal | int, Decimal]
else:
    _Stored = models.BigIntegerField


class QuantityField(_Stored):
    """An amount of stock: a Decimal with up to 3 places in Python, whole thousandths in the database."""

    def from_db_value(self, value: Any, *_: Any) -> Decimal | None:
        return None if value is None else Decimal(value) / THOUSAND

    def to_python(self, value: Any) -> Any:
        return None if value is None else exact(value)

    def get_prep_value(self, value: Any) -> Any:
        # An expression and its parts come here too.
        if value is None or hasattr(value, "resolve_expression"):
            return value
        return thousandths(value)

    def formfield(self, **kwargs: Any) -> Any:
        defaults = {"form_class": forms.DecimalField, "max_digits": MAX_DIGITS, "decimal_places": PLACES}
        return models.Field.formfield(self, **{**defaults, **kwargs})
