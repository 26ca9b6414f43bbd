"""The installation without its guard over the stock: it reads the level, and writes another one later."""

import time
from typing import Any
from unittest.mock import patch

from careops.rsgi import application as application  # sets Django up, which the imports below need

# isort: split
from inventory.models import Item
from inventory.services import stock


def read(pk: int) -> Item:
    item = Item.objects.get(pk=pk)
    time.sleep(0.05)  # so that others read the same level, however busy the machine is
    return item


def write(*, item: Item, change: Any, reason: Any, parts: Any, actor: Any, **details: Any) -> Any:
    level = item.quantity + change
    Item.objects.filter(pk=item.pk).update(quantity=level)
    return item.movements.create(change=change, level=level, reason=reason, actor=actor, **details)


# Outside a transaction, as code without a thought for others would be.
unguarded: Any = stock.record
patch.object(stock, "lock_item", read).start()
patch.object(stock, "write_movement", write).start()
patch("inventory.services.record", unguarded.__wrapped__).start()
