"""Addresses of the board, under ``/admin/board/``.

What it asks and does in the background are the API's own views and verbs, for whoever is signed in to the back office:
by the session, and with the CSRF token where something changes. No token of the API reaches the page.
"""

from typing import Any

from django.contrib import admin
from django.urls import path, re_path

from accounts.authentication import BackOfficeSession
from bookings.board.views import BoardPage, ChangedBy, FeedView
from bookings.views.booking import BookingViewSet
from bookings.views.slots import SlotsView
from messaging.views import ContactViewSet

BY_SESSION: dict[str, Any] = {"authentication_classes": [BackOfficeSession], "schema": None}
CONTACT = r"^api/contacts/(?P<pk>[0-9]{1,18})"
BOOKING = r"^api/bookings/(?P<pk>[0-9]{1,18})"


def bookings(**actions: Any) -> Any:
    return BookingViewSet.as_view(actions, **BY_SESSION)


def contacts(**actions: Any) -> Any:
    return ContactViewSet.as_view(actions, **BY_SESSION)


urlpatterns = [
    path("", admin.site.admin_view(BoardPage.as_view()), name="board"),
    path("api/feed", FeedView.as_view(**BY_SESSION), name="board-feed"),
    re_path(r"^api/providers/(?P<provider_id>[0-9]{1,18})/slots$", SlotsView.as_view(**BY_SESSION)),
    path("api/bookings", bookings(post="create")),
    re_path(f"{BOOKING}$", bookings(get="retrieve", patch="partial_update")),
    re_path(f"{BOOKING}/changed-by$", ChangedBy.as_view(**BY_SESSION)),
    re_path(f"{BOOKING}/cancel$", bookings(post="cancel")),
    re_path(f"{BOOKING}/undo$", bookings(post="undo")),
    re_path(f"{CONTACT}$", contacts(get="retrieve")),
    re_path(f"{CONTACT}/resume-automation$", contacts(post="resume_automation")),
]
