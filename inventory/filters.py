"""What the lists of the stock may be narrowed by."""

import django_filters

from careops.core.filters import ChoicesFilter, FlagFilter, IdFilter
from inventory.enums import StockReason


class ItemFilters(django_filters.FilterSet):
    low = FlagFilter(field_name="is_low", help_text="Active, and at the threshold or below.")
    is_active = FlagFilter()


class MovementFilters(django_filters.FilterSet):
    reason = ChoicesFilter(choices=StockReason.choices)
    booking_id = IdFilter()
    from_date = django_filters.IsoDateTimeFilter(field_name="at", lookup_expr="gte", help_text="Inclusive.")
    to_date = django_filters.IsoDateTimeFilter(field_name="at", lookup_expr="lte", help_text="Inclusive.")
