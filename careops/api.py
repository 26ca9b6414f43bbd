"""The roof of the API: every app's routes, under ``/api/``, in the order of the floors."""

from django.urls import include, path

from careops.dashboard.views import DashboardView

APPS = (
    "careops.core",
    "accounts",
    "messaging",
    "bookings",
    "inventory",
    "connections",
    "integrations.pms",
    "integrations.nocodebackend",
)

urlpatterns = [
    path("dashboard", DashboardView.as_view(), name="dashboard"),
    *(path("", include(f"{app}.urls")) for app in APPS),
]
