"""How lists of contacts and messages are narrowed."""

from datetime import datetime
from functools import reduce
from operator import or_

import django_filters
from django.db.models import Q, QuerySet

from careops.core.filters import AfterFilter, ChoicesFilter, FlagFilter, IdFilter
from careops.core.identity import without_needless_format
from careops.core.outbox import State
from messaging.enums import Channel, Direction
from messaging.models import Contact, Message
from messaging.querysets import ContactQuerySet


class ContactFilters(django_filters.FilterSet):
    tag = django_filters.CharFilter(method="with_tag")
    automation_paused = FlagFilter()
    updated_after = AfterFilter("updated_at")
    created_after = AfterFilter("created_at")

    def with_tag(self, queryset: ContactQuerySet, name: str, value: str) -> QuerySet[Contact]:
        return queryset.tagged(without_needless_format(value).strip().lower())


class MessageFilters(django_filters.FilterSet):
    contact = IdFilter(field_name="contact_id")
    user = IdFilter(field_name="user_id")
    direction = ChoicesFilter(choices=Direction.choices)
    channel = ChoicesFilter(choices=Channel.choices)
    status = ChoicesFilter(field_name="state", choices=State.choices)
    automated = FlagFilter()
    updated_after = AfterFilter(
        "created_at", method="changed", help_text="Made, sent or ended later than this time."
    )
    created_after = AfterFilter("created_at")

    def changed(self, queryset: QuerySet[Message], name: str, value: datetime) -> QuerySet[Message]:
        later = (Q(**{f"{column}__gt": value}) for column in ("created_at", "wire_started_at", "ended_at"))
        return queryset.filter(reduce(or_, later))
