"""Every address of the installation."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from accounts.admin.password import OwnPasswordView
from careops.core.metrics import metrics

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/password_change/", admin.site.admin_view(OwnPasswordView.as_view())),
    path("admin/board/", include("bookings.board.urls")),
    path("admin/", admin.site.urls),
    path("account/", include("accounts.page_urls")),
    path("api/", include("careops.api")),
    path("metrics", metrics),
]
