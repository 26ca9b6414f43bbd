"""The roof of the API: every app's routes, under ``/api/``, in the order of the floors."""

from django.urls import include, path

APPS = ("careops.core", "accounts", "messaging", "bookings", "inventory")

urlpatterns = [path("", include(f"{app}.urls")) for app in APPS]
