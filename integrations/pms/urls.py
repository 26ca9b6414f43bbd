"""Routes of the practices, under ``/api/``."""

from django.urls import re_path
from rest_framework.routers import SimpleRouter

from integrations.pms.sync_views import AppointmentsView, ConflictViewSet, PatientsView, SyncView
from integrations.pms.views import IntegrationViewSet, LinkViewSet, RequestView, WritebackViewSet

INTEGRATION = r"pms/integrations/(?P<integration_id>[0-9]{1,18})"
WORD = r"[^/\x00-\x1f]{1,64}"

router = SimpleRouter(trailing_slash=False)
router.register("pms/integrations", IntegrationViewSet, basename="pms-integration")
router.register("pms/writebacks", WritebackViewSet, basename="pms-writeback")
router.register("pms/conflicts", ConflictViewSet, basename="pms-conflict")

urlpatterns = [
    *router.urls,
    re_path(
        rf"^{INTEGRATION}/links$",
        LinkViewSet.as_view({"get": "list", "post": "create"}),
        name="pms-link-list",
    ),
    re_path(
        rf"^{INTEGRATION}/links/(?P<pk>[0-9]{{1,18}})$",
        LinkViewSet.as_view({"delete": "destroy"}),
        name="pms-link-detail",
    ),
    re_path(rf"^{INTEGRATION}/sync$", SyncView.as_view({"post": "sync"}), name="pms-sync"),
    re_path(
        rf"^{INTEGRATION}/appointments$",
        AppointmentsView.as_view({"get": "list", "post": "book"}),
        name="pms-book",
    ),
    re_path(
        rf"^{INTEGRATION}/appointments/(?P<remote_id>{WORD})$",
        RequestView.as_view({"patch": "change_appointment"}),
        name="pms-change-appointment",
    ),
    re_path(
        rf"^{INTEGRATION}/patients$",
        PatientsView.as_view({"get": "list", "post": "make_patient"}),
        name="pms-make-patient",
    ),
    re_path(
        rf"^{INTEGRATION}/patients/(?P<remote_id>{WORD})$",
        RequestView.as_view({"patch": "change_patient"}),
        name="pms-change-patient",
    ),
]
