"""Routes of the ground floor, under ``/api/``."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from careops.core.docs import DocsView, SchemaView
from careops.core.health import HealthView, ReadyView
from careops.core.operations import AlertCountView, AlertViewSet, EventViewSet

router = SimpleRouter(trailing_slash=False)
router.register("alerts", AlertViewSet, basename="alert")

urlpatterns = [
    path("health", HealthView.as_view(), name="health"),
    path("health/ready", ReadyView.as_view(), name="ready"),
    path("schema", SchemaView.as_view(), name="schema"),
    path("docs", DocsView.as_view(), name="docs"),
    path("alerts/count", AlertCountView.as_view(), name="alert-count"),
    path("events", EventViewSet.as_view({"get": "list"}), name="event-list"),
    *router.urls,
]
