"""Routes of NoCodeBackend, under ``/api/``."""

from django.urls import path

from integrations.nocodebackend.views import (
    ReferralsView,
    ReferralView,
    StatusView,
    SyncReferralView,
    UploadsView,
    UploadView,
)

urlpatterns = [
    path("nocodebackend/status", StatusView.as_view(), name="nocodebackend-status"),
    path("nocodebackend/referrals", ReferralsView.as_view(), name="nocodebackend-referrals"),
    path("nocodebackend/referrals/<str:referral_id>", ReferralView.as_view(), name="nocodebackend-referral"),
    path("nocodebackend/sync-referral", SyncReferralView.as_view(), name="nocodebackend-sync"),
    path("nocodebackend/uploads", UploadsView.as_view(), name="nocodebackend-uploads"),
    path("nocodebackend/uploads/<str:upload_id>", UploadView.as_view(), name="nocodebackend-upload"),
]
