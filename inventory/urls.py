"""Routes of the stock, under ``/api/``."""

from django.urls import re_path
from rest_framework.routers import SimpleRouter

from inventory.views import ItemViewSet, LotViewSet, MovementViewSet, RecipeView

ITEM = r"inventory/(?P<item_id>[0-9]{1,18})"

router = SimpleRouter(trailing_slash=False)
router.register("inventory", ItemViewSet, basename="item")

urlpatterns = [
    *router.urls,
    re_path(
        rf"^{ITEM}/movements$",
        MovementViewSet.as_view({"get": "list", "post": "create"}),
        name="movement-list",
    ),
    re_path(rf"^{ITEM}/lots$", LotViewSet.as_view({"get": "list"}), name="lot-list"),
    re_path(
        rf"^{ITEM}/lots/(?P<pk>[0-9]{{1,18}})$",
        LotViewSet.as_view({"patch": "partial_update"}),
        name="lot-detail",
    ),
    re_path(
        r"^providers/(?P<provider_id>[0-9]{1,18})/services/(?P<pk>[0-9]{1,18})/recipe$",
        RecipeView.as_view({"get": "retrieve", "put": "replace"}),
        name="recipe",
    ),
]
