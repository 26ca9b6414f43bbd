"""What the lists of referrals and notices may be narrowed by."""

import django_filters

from careops.core.filters import AfterFilter, ChoicesFilter, CreatedAfterFilter, FlagFilter, IdFilter
from connections.enums import NoticeKind, ReferralStatus, Urgency


class ReferralFilters(django_filters.FilterSet):
    status = ChoicesFilter(choices=ReferralStatus.choices)
    urgency = ChoicesFilter(choices=Urgency.choices)
    client_id = IdFilter()
    contact_id = IdFilter()
    from_professional_id = IdFilter()
    from_provider_id = IdFilter()
    to_professional_id = IdFilter()
    to_provider_id = IdFilter()
    updated_after = AfterFilter("updated_at")
    created_after = CreatedAfterFilter()


class NoticeFilters(django_filters.FilterSet):
    unread = FlagFilter(field_name="read_at", lookup_expr="isnull")
    kind = ChoicesFilter(choices=NoticeKind.choices)
