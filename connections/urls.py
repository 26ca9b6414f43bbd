"""Routes of connections, under ``/api/``: each area adds its own list."""

from django.urls import re_path
from rest_framework.routers import SimpleRouter

from connections.views.activities import ActivityInviteView, ActivityView
from connections.views.connections import ConnectionView
from connections.views.files import ReferralFileViewSet
from connections.views.notices import NoticeView, PreferencesView
from connections.views.people import DirectoryView
from connections.views.referrals import ReferralViewSet

PK = "(?P<pk>[0-9]{1,18})"

people = [re_path(r"^users$", DirectoryView.as_view({"get": "list"}), name="users")]

connections = [
    re_path(
        r"^connection/request-pro$",
        ConnectionView.as_view({"post": "request_professional"}),
        name="connection-request",
    ),
    re_path(
        r"^connection/invite-client$",
        ConnectionView.as_view({"post": "invite_client"}),
        name="connection-invite",
    ),
    re_path(r"^connection/respond$", ConnectionView.as_view({"post": "respond"}), name="connection-respond"),
    re_path(r"^connection/list$", ConnectionView.as_view({"get": "list"}), name="connection-list"),
    re_path(rf"^connection/{PK}$", ConnectionView.as_view({"delete": "destroy"}), name="connection-detail"),
]

activities = [
    re_path(r"^activities$", ActivityView.as_view({"post": "create"}), name="activity-create"),
    re_path(r"^activities/invite$", ActivityInviteView.as_view({"post": "create"}), name="activity-invite"),
    re_path(
        r"^activities/respond$", ActivityInviteView.as_view({"post": "respond"}), name="activity-respond"
    ),
    re_path(r"^activities/list$", ActivityView.as_view({"get": "list"}), name="activity-list"),
    re_path(rf"^activities/{PK}$", ActivityView.as_view({"delete": "destroy"}), name="activity-detail"),
]

router = SimpleRouter(trailing_slash=False)
router.register("referrals", ReferralViewSet, basename="referral")
router.register("referrals/(?P<referral_id>[0-9]{1,18})/files", ReferralFileViewSet, basename="referral-file")
referrals = router.urls

notices = [
    re_path(r"^notifications$", NoticeView.as_view({"get": "list"}), name="notice-list"),
    re_path(
        r"^notifications/read-all$", NoticeView.as_view({"post": "mark_all_read"}), name="notice-read-all"
    ),
    re_path(
        r"^notifications/preferences$",
        PreferencesView.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="notice-preferences",
    ),
    re_path(rf"^notifications/{PK}/read$", NoticeView.as_view({"post": "mark_read"}), name="notice-read"),
]

urlpatterns = [*people, *connections, *activities, *referrals, *notices]
