"""How lists of contacts and messages are narrowed."""

import django_filters
from django.db.models import QuerySet

from careops.core.filters import ChoicesFilter, FlagFilter, IdFilter
from careops.core.outbox import State
from messaging.enums import Channel, Direction
from messaging.models import Contact
from messaging.querysets import ContactQuerySet


class ContactFilters(django_filters.FilterSet):
    tag = django_filters.CharFilter(method="with_tag")
    automation_paused = FlagFilter()

    def with_tag(self, queryset: ContactQuerySet, name: str, value: str) -> QuerySet[Contact]:
        return queryset.tagged(value.lower())


class MessageFilters(django_filters.FilterSet):
    contact = IdFilter(field_name="contact_id")
    user = IdFilter(field_name="user_id")
    direction = ChoicesFilter(choices=Direction.choices)
    channel = ChoicesFilter(choices=Channel.choices)
    status = ChoicesFilter(field_name="state", choices=State.choices)
    automated = FlagFilter()
