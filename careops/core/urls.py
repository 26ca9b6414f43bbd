"""Routes of the ground floor, under ``/api/``."""

from django.urls import path

from careops.core.docs import DocsView, SchemaView
from careops.core.health import HealthView, ReadyView

urlpatterns = [
    path("health", HealthView.as_view(), name="health"),
    path("health/ready", ReadyView.as_view(), name="ready"),
    path("schema", SchemaView.as_view(), name="schema"),
    path("docs", DocsView.as_view(), name="docs"),
]
