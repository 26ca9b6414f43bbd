"""Contacts and messages over the API."""

from typing import ClassVar, cast

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import ADMIN, BACK_OFFICE, allowed
from careops.core.filters import FlagField, refuse_unknown
from careops.core.pagination import CursorPages
from careops.core.problems import NotFound
from careops.core.reads import Rows
from careops.core.views import ListMixin, ResourceViewSet
from messaging.enums import Channel
from messaging.filters import ContactFilters, MessageFilters
from messaging.models import Contact, Message
from messaging.serializers import (
    ContactRead,
    ContactWrite,
    MessageRead,
    MessageWrite,
    PauseWrite,
    TimelineRead,
)
from messaging.services import contacts, erasure, messages
from messaging.timeline import ORDER, TimelineRows, entries

FORCE = OpenApiParameter("force", bool, description="Also when future bookings stand: they are cancelled.")


class ContactViewSet(ResourceViewSet):
    allow = allowed(
        "messaging.contact",
        list=BACK_OFFICE,
        retrieve=BACK_OFFICE,
        create=BACK_OFFICE,
        partial_update=BACK_OFFICE,
        destroy={ADMIN},
        pause_automation=BACK_OFFICE,
        resume_automation=BACK_OFFICE,
    )
    read = ContactRead
    write: ClassVar = {"create": ContactWrite, "partial_update": ContactWrite, "pause_automation": PauseWrite}
    filterset_class = ContactFilters
    search_fields = ("search_text",)
    order = ("-created_at", "-pk")
    ordering_fields: ClassVar = {"name": "name_key", "created_at": "created_at", "id": "pk"}

    def get_queryset(self) -> QuerySet[Contact]:
        visible = Contact.objects.visible_to(self.request.user)
        return visible.known() if self.action == "list" else visible

    def lock(self, pk: int | str) -> Contact:
        """An erasure locks the bookings of the contact first."""
        return erasure.lock_to_erase(self.find(pk)) if self.action == "destroy" else super().lock(pk)

    def create(self, request: Request) -> HttpResponseBase:
        """Remember a person; a welcome is planned."""
        return self.created(lambda: contacts.create_contact(**self.parse(), actor=signed_in(request)))

    def partial_update(self, request: Request, pk: str) -> HttpResponseBase:
        """Change what is known about a person."""
        with self.changing(pk) as contact:
            contacts.update_contact(contact=contact, actor=signed_in(request), **self.parse(present=contact))
        return self.changed(pk)

    @extend_schema(parameters=[FORCE], responses={204: None})
    def destroy(self, request: Request, pk: str) -> HttpResponseBase:
        """Erase the person and keep the anonymous history."""
        refuse_unknown(request, {"force"})
        force = FlagField(required=False).clean(request.query_params.get("force"))
        with self.changing(pk, locked=True) as contact:
            erasure.erase_locked(contact=contact, actor=signed_in(request), force=bool(force))
        return Response(status=204)

    @action(detail=True, methods=["post"], url_path="pause-automation")
    def pause_automation(self, request: Request, pk: str) -> HttpResponseBase:
        """Stop automated messages to this person."""
        until = self.parse().get("until")
        contacts.pause_automation(contact=self.find(pk), actor=signed_in(request), until=until)
        return self.changed(pk)

    @action(detail=True, methods=["post"], url_path="resume-automation")
    def resume_automation(self, request: Request, pk: str) -> HttpResponseBase:
        """Let automated messages go to this person again."""
        contacts.resume_automation(contact=self.find(pk), actor=signed_in(request))
        return self.changed(pk)


class TimelineView(ListMixin):
    """What happened with a contact and what was said, newest first."""

    allow: ClassVar = {"list": BACK_OFFICE}
    read = TimelineRead
    order = ORDER

    def rows(self) -> Rows:
        return TimelineRows()

    def get_queryset(self) -> QuerySet[Contact]:
        return entries(_contact(self.request, self.kwargs["pk"]))


class MessageViewSet(ListMixin):
    allow = allowed("messaging.message", list=BACK_OFFICE, create=BACK_OFFICE)
    read = MessageRead
    write: ClassVar = {"create": MessageWrite}
    filterset_class = MessageFilters
    pagination_class = CursorPages
    order: ClassVar = ("-pk",)
    ordering_fields: ClassVar = {"id": "pk"}

    def get_queryset(self) -> QuerySet[Message]:
        return Message.objects.visible_to(self.request.user)

    def create(self, request: Request) -> HttpResponseBase:
        """Queue a staff reply; automated messages to the contact stop."""
        response = self.created(self._send)
        del response["Location"]  # a message has no page of its own
        return response

    def _send(self) -> Message:
        data = self.parse()
        return messages.send_reply(
            contact=_contact(self.request, data["contact_id"]),
            channel=Channel(data["channel"]),
            subject=data["subject"],
            body=data["body"],
            actor=signed_in(self.request),
        )


class ConversationView(MessageViewSet):
    """All messages from and to one contact, oldest first."""

    order: ClassVar = ("pk",)

    def get_queryset(self) -> QuerySet[Message]:
        contact = _contact(self.request, self.kwargs["contact_id"])
        return super().get_queryset().filter(contact=contact)


def signed_in(request: Request) -> User:
    """The caller, who was let in because of a role."""
    return cast("User", request.user)


def _contact(request: Request, pk: int | str) -> Contact:
    """The visible contact. Raises NotFound."""
    found = Contact.objects.visible_to(request.user).filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found
