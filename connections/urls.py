"""Routes of connections, under ``/api/``: each area adds its own list."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
