"""What the lists of the stock may be narrowed by."""

import django_filters

from bookings.filters import Bounds
from careops.core.filters import ChoicesFilter, FlagFilter, IdFilter
from inventory.enums import StockReason


class ItemFilters(django_filters.FilterSet):
    low = FlagFilter(field_name="is_low", help_text="Active, and at the threshold or below.")
    is_active = FlagFilter()


class MovementFilters(Bounds):
    moment = "at"
    reason = ChoicesFilter(choices=StockReason.choices)
    booking_id = IdFilter()
