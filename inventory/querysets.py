"""Who may see the stock: staff and admins see all, nobody else anything."""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any, NoReturn, Self

from django.db import models
from django.db.models import F, Q

from accounts.permissions import BACK_OFFICE
from careops.core.querysets import AppendOnly

if TYPE_CHECKING:
    from inventory.models import Item, Lot, LotMovement, RecipeLine, StockMovement  # noqa: F401


def _is_back_office(user: Any) -> bool:
    return getattr(user, "role", "") in BACK_OFFICE


class ItemQuerySet(models.QuerySet["Item"]):
    def visible_to(self, user: Any) -> Self:
        return self.all() if _is_back_office(user) else self.none()

    def low(self) -> Self:
        """The active items whose level is at or below their threshold."""
        return self.filter(is_low=True)

    def in_pieces(self, size: int = 1000) -> "Iterator[Item]":
        """All of them by name, fetched in pieces, so that any number needs the memory of one piece."""
        rows = self.order_by("name_key", "pk")
        piece = list(rows[:size])
        while piece:
            yield from piece
            last = piece[-1]
            beyond = Q(name_key__gt=last.name_key) | Q(name_key=last.name_key, pk__gt=last.pk)
            piece = list(rows.filter(beyond)[:size])


class LotQuerySet(models.QuerySet["Lot"]):
    def visible_to(self, user: Any) -> Self:
        return self.all() if _is_back_office(user) else self.none()

    def in_stock(self) -> Self:
        """What is left of the lots, the first to expire first, those that never do last."""
        return self.filter(quantity__gt=0).order_by(F("expires_on").asc(nulls_last=True), "pk")

    def expiring_by(self, day: date) -> Self:
        return self.filter(quantity__gt=0, expires_on__lte=day)


class LedgerQuerySet(models.QuerySet[Any]):
    """The ledger is added to, never changed or taken away."""

    def visible_to(self, user: Any) -> Self:
        return self.all() if _is_back_office(user) else self.none()

    def update(self, **changes: Any) -> NoReturn:
        raise AppendOnly

    def delete(self) -> NoReturn:
        raise AppendOnly

    def forget_texts(self) -> int:
        """Wipe the texts about an erased person and return the number of rows; the amounts stay."""
        return super().update(note="", override_reason="")


class RecipeQuerySet(models.QuerySet["RecipeLine"]):
    def visible_to(self, user: Any) -> Self:
        return self.all() if _is_back_office(user) else self.none()
