"""Providers, and what belongs to one, over the API."""

from functools import cached_property
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import ADMIN, BACK_OFFICE, SIGNED_IN, allowed
from bookings import services
from bookings.filters import ProviderFilters
from bookings.models import Closure, OpeningHours, Provider, Service
from bookings.querysets import PROVIDER_TEXTS, ProviderQuerySet
from bookings.serializers.provider import (
    ClosureRead,
    ClosureWrite,
    OpeningHoursRead,
    OpeningHoursWrite,
    ProviderRead,
    ProviderWrite,
    ServiceRead,
    ServiceWrite,
    WeekWrite,
)
from bookings.services.moments import instant
from bookings.services.seats import lock_provider
from careops.core.filters import ordering_of
from careops.core.prepared import Source
from careops.core.problems import NotFound
from careops.core.views import ResourceViewSet

BEST_FIRST = ("-rank", "name_key")


class ProviderViewSet(ResourceViewSet):
    allow = allowed(
        "bookings.provider",
        list=SIGNED_IN,
        retrieve=SIGNED_IN,
        create={ADMIN},
        partial_update=BACK_OFFICE,
        destroy={ADMIN},
    )
    read = ProviderRead
    write: ClassVar = {"create": ProviderWrite, "partial_update": ProviderWrite}
    filterset_class = ProviderFilters
    search_fields = PROVIDER_TEXTS
    order: ClassVar = ("name_key", "pk")
    ordering_fields: ClassVar = {
        "name": "name_key",
        "id": "pk",
        "sector": "sector",
        "created_at": "created_at",
    }

    def get_queryset(self) -> ProviderQuerySet:
        return Provider.objects.visible_to(self.request.user)

    def searched(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Full text where the database has it."""
        text = self.request.query_params.get("search", "")
        return queryset.search(text) if isinstance(queryset, ProviderQuerySet) else queryset

    def paged(self, queryset: QuerySet[Any]) -> Response:
        """The best match first, where matches are ranked and no order is asked for."""
        default = BEST_FIRST if "rank" in queryset.query.annotations else self.order
        order = ordering_of(self.request, known=self.ordering_fields, default=default)
        return self.page_of(Source(lambda: queryset), order)

    def create(self, request: Request) -> HttpResponseBase:
        """Add a provider."""
        return self.created(lambda: services.create_provider(actor=request.user, **self.parse()))

    def partial_update(self, request: Request, pk: str) -> HttpResponseBase:
        """Change a provider; bookings that stand already stay as they are."""
        with self.changing(pk) as provider:
            services.update_provider(provider=provider, actor=request.user, **self.parse(present=provider))
        return self.changed(pk)

    def destroy(self, request: Request, pk: str) -> HttpResponseBase:
        """Delete a provider that never had a booking."""
        with self.changing(pk) as provider:
            services.delete_provider(provider=provider, actor=request.user)
        return Response(status=204)


class PartViewSet(ResourceViewSet):
    """What belongs to one provider: read by whoever is signed in, written by the front desk."""

    part: ClassVar[type[Any]]

    @cached_property
    def provider(self) -> Provider:
        """The visible provider of the address. Raises NotFound."""
        visible = Provider.objects.visible_to(self.request.user)
        found = visible.filter(pk=self.kwargs["provider_id"]).first()
        if found is None:
            raise NotFound
        return found

    def get_queryset(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = self.part._default_manager.filter(provider=self.provider)
        return rows

    def lock(self, pk: int | str) -> Any:
        """As the verbs lock: the provider."""
        lock_provider(self.provider.pk)
        return self.find(pk)

    def values(self, present: Any = None) -> dict[str, Any]:
        """The body's values as the verbs take them; ``present`` as in ``parse``."""
        return self.parse(present=present)

    def create(self, request: Request, provider_id: str) -> HttpResponseBase:
        """Add one to the provider."""
        return self.created(
            lambda: services.add(self.part, provider=self.provider, actor=request.user, **self.values())
        )

    def partial_update(self, request: Request, provider_id: str, pk: str) -> HttpResponseBase:
        """Change one; bookings that stand already stay as they are."""
        with self.changing(pk) as part:
            services.change(part, actor=request.user, **self.values(part))
        return self.changed(pk)

    def destroy(self, request: Request, provider_id: str, pk: str) -> HttpResponseBase:
        """Take one away; bookings that stand already stay as they are."""
        with self.changing(pk) as part:
            services.remove(part, actor=request.user)
        return Response(status=204)


class ServiceViewSet(PartViewSet):
    allow = allowed(
        "bookings.service",
        list=SIGNED_IN,
        retrieve=SIGNED_IN,
        create=BACK_OFFICE,
        partial_update=BACK_OFFICE,
        destroy=BACK_OFFICE,
    )
    part = Service
    read = ServiceRead
    write: ClassVar = {"create": ServiceWrite, "partial_update": ServiceWrite}
    order: ClassVar = ("name_key", "pk")


class OpeningHoursViewSet(PartViewSet):
    """A provider without any row is open at any time."""

    allow = allowed(
        "bookings.openinghours",
        list=SIGNED_IN,
        retrieve=SIGNED_IN,
        create=BACK_OFFICE,
        partial_update=BACK_OFFICE,
        destroy=BACK_OFFICE,
        replace=BACK_OFFICE,
    )
    part = OpeningHours
    read = OpeningHoursRead
    write: ClassVar = {
        "create": OpeningHoursWrite,
        "partial_update": OpeningHoursWrite,
        "replace": WeekWrite,
    }
    order: ClassVar = ("weekday", "opens", "pk")

    @extend_schema(responses={200: OpeningHoursRead(many=True)})
    def replace(self, request: Request, provider_id: str) -> HttpResponseBase:
        """Make the body the whole week; no hours at all means open at any time."""
        week = self.parse()["hours"]
        services.replace_hours(provider=self.provider, actor=request.user, week=week)
        return self.paged(self.get_queryset())


class ClosureViewSet(PartViewSet):
    allow = allowed(
        "bookings.closure",
        list=SIGNED_IN,
        retrieve=SIGNED_IN,
        create=BACK_OFFICE,
        partial_update=BACK_OFFICE,
        destroy=BACK_OFFICE,
    )
    part = Closure
    read = ClosureRead
    write: ClassVar = {"create": ClosureWrite, "partial_update": ClosureWrite}
    order: ClassVar = ("starts_at", "pk")

    def values(self, present: Any = None) -> dict[str, Any]:
        """Times without an offset are by the clock at the provider."""
        values = self.parse(present=present)
        for name in ("starts_at", "ends_at"):
            if name in values:
                values[name] = instant(values[name], self.provider.time_zone, field=name)
        return values
