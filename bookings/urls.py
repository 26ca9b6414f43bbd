"""Routes of bookings, under ``/api/``."""

from django.urls import re_path
from rest_framework.routers import SimpleRouter

from bookings.views.booking import BookingViewSet
from bookings.views.provider import ClosureViewSet, OpeningHoursViewSet, ProviderViewSet, ServiceViewSet
from bookings.views.slots import SlotsView

PROVIDER = r"providers/(?P<provider_id>[0-9]{1,18})"

router = SimpleRouter(trailing_slash=False)
router.register("providers", ProviderViewSet, basename="provider")
router.register("bookings", BookingViewSet, basename="booking")
router.register(f"{PROVIDER}/services", ServiceViewSet, basename="service")
router.register(f"{PROVIDER}/closures", ClosureViewSet, basename="closure")

urlpatterns = [
    *router.urls,
    re_path(
        rf"^{PROVIDER}/opening-hours$",
        OpeningHoursViewSet.as_view({"get": "list", "post": "create", "put": "replace"}),
        name="opening-hours-list",
    ),
    re_path(
        rf"^{PROVIDER}/opening-hours/(?P<pk>[0-9]{{1,18}})$",
        OpeningHoursViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        name="opening-hours-detail",
    ),
    re_path(rf"^{PROVIDER}/slots$", SlotsView.as_view(), name="slots"),
]
