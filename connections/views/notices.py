"""Notices: one's own, read or not, and of which one wants a mail."""

from functools import cache, cached_property
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import user_of
from accounts.models import User
from accounts.permissions import SIGNED_IN, allowed
from careops.core.pagination import CursorPages
from careops.core.reads import Row, Rows
from careops.core.views import ListMixin, RetrieveMixin
from connections.filters import NoticeFilters
from connections.models import Notice
from connections.serializers.notices import (
    NoticeRead,
    NoticeRows,
    PreferencesSerializer,
    PreferencesWrite,
    ReadAllRead,
    ReadAllWrite,
)
from connections.services import notices

notice_rows = cache(NoticeRows)


class NoticeView(ListMixin):
    allow = allowed("connections.notice", list=SIGNED_IN, mark_read=SIGNED_IN, mark_all_read=SIGNED_IN)
    read = NoticeRead
    write: ClassVar = {"mark_all_read": ReadAllWrite}
    filterset_class = NoticeFilters
    pagination_class = CursorPages
    order: ClassVar = ("-pk",)
    ordering_fields: ClassVar = {"id": "pk"}

    def rows(self) -> Rows:
        return notice_rows()

    def get_queryset(self) -> QuerySet[Notice]:
        return Notice.objects.visible_to(self.request.user).as_told()

    def mark_read(self, request: Request, pk: str) -> Response:
        """Mark the notice as read; doing it again changes nothing."""
        notices.mark_read(notice=self.find(pk))
        return self.changed(pk)

    @extend_schema(responses=ReadAllRead)
    def mark_all_read(self, request: Request) -> Response:
        """Mark all of your notices as read, or all up to the one you saw last."""
        return Response({"read": notices.mark_all_read(user=user_of(request), **self.parse())})


class PreferencesView(RetrieveMixin):
    allow = allowed("", retrieve=SIGNED_IN, partial_update=SIGNED_IN)
    read = PreferencesSerializer
    write: ClassVar = {"partial_update": PreferencesWrite}

    def get_queryset(self) -> QuerySet[User]:
        return User.objects.active().filter(pk=self.request.user.pk or 0)

    def row(self, pk: int | str) -> Row:
        return notices.preferences_of(user_of(self.request))

    @cached_property
    def present(self) -> Row:
        """The caller's choices before a change."""
        return notices.preferences_of(user_of(self.request))

    def shown(self, instance: Any, name: str) -> Any:
        return self.present[name]

    def retrieve(self, request: Request, pk: str = "", **kwargs: Any) -> Response:
        """Of which kinds of notices you get a mail."""
        return super().retrieve(request, pk=pk)  # type: ignore[return-value]

    def partial_update(self, request: Request) -> Response:
        """Choose of which kinds of notices you get a mail; kinds that are not named stay as they are."""
        pk = user_of(request).pk
        with self.changing(pk) as user:
            chosen = {
                kind: given["mail"] for kind, given in self.parse(present=user).items() if "mail" in given
            }
            notices.choose(user=user, mail=chosen)
        return self.changed(pk)
