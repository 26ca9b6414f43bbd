"""The directory."""

from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import user_of
from accounts.filters import UserFilters
from accounts.models import User
from accounts.permissions import BACK_OFFICE, SIGNED_IN, allowed
from careops.core.search import matching
from careops.core.views import ResourceView
from connections.directory import directory
from connections.serializers.people import DirectoryEntryRead


class DirectoryView(ResourceView):
    allow = allowed("accounts.user", list=SIGNED_IN)
    read = DirectoryEntryRead
    filterset_class = UserFilters
    search_fields = ("search_text",)
    pagination_class = None

    def get_queryset(self) -> QuerySet[User]:
        return directory(user_of(self.request))

    @extend_schema(responses=DirectoryEntryRead(many=True))
    def list(self, request: Request) -> Response:
        """Everybody you may find, by name: one plain array. Addresses are those of your own connections."""
        rows = self.rows().all(self.narrowed(self.get_queryset()).order_by("name_key", "pk"))
        return Response([{name: value for name, value in row.items() if value is not None} for row in rows])

    def searched(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """By name, and by an address where it is shown: who may not see one may not find it out either."""
        if user_of(self.request).role in BACK_OFFICE:
            return super().searched(queryset)
        term = self.request.query_params.get("search", "")
        by_name = matching(User, term, ["name_key"])
        if not by_name:  # nothing is looked for
            return queryset
        by_address = matching(User, term, ["search_text"]) & Q(shown_email__isnull=False)
        return queryset.filter(by_name | by_address)
