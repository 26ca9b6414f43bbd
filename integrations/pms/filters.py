"""How lists of practices and writebacks are narrowed."""

import django_filters

from careops.core.filters import ChoicesFilter, IdFilter
from careops.core.outbox import State
from integrations.pms.enums import IntegrationState, Operation, Result


class IntegrationFilters(django_filters.FilterSet):
    state = ChoicesFilter(choices=IntegrationState.choices)


class WritebackFilters(django_filters.FilterSet):
    integration = IdFilter(field_name="integration_id")
    contact = IdFilter(field_name="contact_id")
    operation = ChoicesFilter(choices=Operation.choices)
    result = ChoicesFilter(choices=Result.choices)
    state = ChoicesFilter(choices=State.choices)
