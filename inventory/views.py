"""The stock over the API."""

from datetime import date
from functools import cached_property
from typing import Any, ClassVar

from django.db.models import QuerySet, Value
from django.db.models.functions import Coalesce
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import ADMIN, BACK_OFFICE, allowed
from bookings.models import Provider, Service
from careops.core.pagination import CursorPages
from careops.core.problems import NotFound
from careops.core.views import ListMixin, ResourceView, ResourceViewSet
from inventory import services
from inventory.filters import ItemFilters, MovementFilters
from inventory.models import Item, Lot, RecipeLine, StockMovement
from inventory.serializers import (
    ItemPatch,
    ItemRead,
    ItemWrite,
    LotRead,
    LotWrite,
    MovementRead,
    MovementWrite,
    RecipeLineRead,
    RecipeRead,
    RecipeWrite,
)
from inventory.services.ledger import lock_item


class ItemViewSet(ResourceViewSet):
    allow = allowed(
        "inventory.item",
        list=BACK_OFFICE,
        retrieve=BACK_OFFICE,
        low_stock=BACK_OFFICE,
        create={ADMIN},
        partial_update={ADMIN},
    )
    read = ItemRead
    write: ClassVar = {"create": ItemWrite, "partial_update": ItemPatch}
    filterset_class = ItemFilters
    search_fields = ("search_text",)
    order: ClassVar = ("name_key", "pk")
    ordering_fields: ClassVar = {
        "name": "name_key",
        "id": "pk",
        "sku": "sku",
        "quantity": "quantity",
        "low_stock_threshold": "low_stock_threshold",
        "updated_at": "updated_at",
    }

    def get_queryset(self) -> QuerySet[Item]:
        return Item.objects.visible_to(self.request.user)

    def create(self, request: Request) -> HttpResponseBase:
        """Take up an item; its ``quantity`` is received as the first stock."""
        return self.created(lambda: services.create_item(actor=request.user, **self.parse()))

    def partial_update(self, request: Request, pk: str) -> HttpResponseBase:
        """Change an item; another ``quantity`` is written into the ledger as a correction."""
        with self.changing(pk) as item:
            services.update_item(item=item, actor=request.user, **self.parse(present=item))
        return self.changed(pk)

    @extend_schema(responses=ItemRead(many=True))
    @action(detail=False, url_path="low-stock")
    def low_stock(self, request: Request) -> HttpResponseBase:
        """The active items whose level is at their threshold or below."""
        return self.paged(self.narrowed(Item.objects.visible_to(request.user).low()))


class ItemPart(ListMixin):
    """What belongs to one item."""

    @cached_property
    def item(self) -> Item:
        """The visible item of the address. Raises NotFound."""
        found = Item.objects.visible_to(self.request.user).filter(pk=self.kwargs["item_id"]).first()
        if found is None:
            raise NotFound
        return found


class MovementViewSet(ItemPart):
    allow = allowed("inventory.stockmovement", list=BACK_OFFICE, create=BACK_OFFICE)
    read = MovementRead
    write: ClassVar = {"create": MovementWrite}
    filterset_class = MovementFilters
    pagination_class = CursorPages
    order: ClassVar = ("-pk",)
    ordering_fields: ClassVar = {"id": "pk"}

    def get_queryset(self) -> QuerySet[StockMovement]:
        rows: QuerySet[StockMovement] = StockMovement.objects.filter(item=self.item)
        return rows

    def create(self, request: Request, item_id: str) -> HttpResponseBase:
        """Move stock; without a lot, use takes what expires first."""
        return self.created(lambda: services.record(item=self.item, actor=request.user, **self.parse()))


class LotViewSet(ItemPart):
    allow = allowed("inventory.lot", list=BACK_OFFICE, partial_update={ADMIN})
    read = LotRead
    write: ClassVar = {"partial_update": LotWrite}
    order: ClassVar = ("last_day", "pk")  # what never expires comes last, on both engines
    ordering_fields: ClassVar = {"expires_on": "last_day", "id": "pk"}

    def get_queryset(self) -> QuerySet[Lot]:
        last_day = Coalesce("expires_on", Value(date.max))
        return Lot.objects.filter(item=self.item).annotate(last_day=last_day)

    def lock(self, pk: int | str) -> Any:
        """As the verbs lock: the item."""
        lock_item(self.item.pk)
        return self.find(pk)

    def partial_update(self, request: Request, item_id: str, pk: str) -> HttpResponseBase:
        """Correct the code or the expiry date of a lot."""
        with self.changing(pk) as lot:
            services.correct_lot(lot=lot, actor=request.user, **self.parse(present=lot))
        return self.changed(pk)


class RecipeView(ResourceView):
    allow = allowed("inventory.recipeline", list=BACK_OFFICE, retrieve=BACK_OFFICE, replace=BACK_OFFICE)
    write: ClassVar = {"replace": RecipeWrite}
    pagination_class = None
    read = RecipeLineRead

    @cached_property
    def service(self) -> Service:
        """The visible service of the address. Raises NotFound."""
        providers = Provider.objects.visible_to(self.request.user).filter(pk=self.kwargs["provider_id"])
        found = Service.objects.filter(pk=self.kwargs["pk"], provider__in=providers).first()
        if found is None:
            raise NotFound
        return found

    @extend_schema(responses=RecipeRead)
    def retrieve(self, request: Request, provider_id: str, pk: str) -> Response:
        """What an appointment of the service uses up."""
        return Response({"items": self.shown(self.service, "items")})

    def is_shown(self, name: str) -> bool:
        return name == "items"

    def shown(self, instance: Service, name: str) -> Any:
        """The lines of the service's recipe."""
        lines = RecipeLine.objects.visible_to(self.request.user).filter(service=instance)
        return self.rows().all(lines.order_by("item__name_key", "pk"))

    @extend_schema(request=RecipeWrite, responses=RecipeRead)
    def replace(self, request: Request, provider_id: str, pk: str) -> Response:
        """Make the body all that the service uses up; no item at all means nothing."""
        amounts = self.parse(present=self.service)["items"]
        services.write_recipe(service=self.service, amounts=amounts, actor=request.user)
        return self.retrieve(request, provider_id, pk)
