"""Routes of messaging, under ``/api/``."""

from django.urls import path, re_path
from rest_framework.routers import SimpleRouter

from messaging.views import ContactViewSet, ConversationView, MessageViewSet, TimelineView

router = SimpleRouter(trailing_slash=False)
router.register("contacts", ContactViewSet, basename="contact")

urlpatterns = [
    *router.urls,
    re_path(
        r"^contacts/(?P<pk>[0-9]{1,18})/timeline$",
        TimelineView.as_view({"get": "list"}),
        name="contact-timeline",
    ),
    path("messages", MessageViewSet.as_view({"get": "list", "post": "create"}), name="message-list"),
    re_path(
        r"^messages/(?P<contact_id>[0-9]{1,18})$",
        ConversationView.as_view({"get": "list"}),
        name="conversation",
    ),
]
