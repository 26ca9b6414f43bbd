"""How the list of users may be narrowed."""

import django_filters

from accounts.enums import Role
from careops.core.filters import ChoicesFilter


class UserFilters(django_filters.FilterSet):
    role = ChoicesFilter(choices=Role.choices)
