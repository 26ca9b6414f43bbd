"""Access records as a list, and the page that shows who did and saw what of one person."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from careops.core.access import show
from careops.core.admin.base import ReadOnlyAdmin
from careops.core.admin.history import details_of, title_of
from careops.core.admin.shown import label
from careops.core.models import AccessRecord, Action, Event
from careops.core.record import NEWEST, Place, page_of

ROWS = 50
ACTIONS: dict[str, str] = {Action.READ: "info", Action.EXPORT: "warning", Action.DENIED: "danger"}


@admin.register(AccessRecord)
class AccessRecordAdmin(ReadOnlyAdmin):
    list_display = ("what", "who", "where", "people", "address", "at")
    list_filter = (("action", ChoicesDropdownFilter), ("door", ChoicesDropdownFilter))
    search_fields = ("request_id", "address")
    search_help_text = "Search by request id or by network address"
    fields = ("what", "who", "where", "people", "status", "code", "address", "at", "request_id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        names = get_user_model()._default_manager.filter(pk=OuterRef("actor_id")).values("name")[:1]
        named: QuerySet[Any] = super().get_queryset(request).annotate(actor_name=Subquery(names))
        return named

    @display(description="What", ordering="action")
    def what(self, row: AccessRecord) -> str:
        return label(row.get_action_display(), ACTIONS.get(row.action, ""))

    @display(description="Who")
    def who(self, row: Any) -> str:
        return who_of(row)

    @display(description="Where")
    def where(self, row: AccessRecord) -> str:
        return where_of(row)

    @display(description="People")
    def people(self, row: AccessRecord) -> int:
        return len(row.person_ids)


def who_of(row: Any) -> str:
    """A name, the role of somebody whose account is gone, or nobody."""
    if row.actor_id is None:
        return "Nobody who was signed in" if row.door != "command" else "Somebody at the command line"
    return row.actor_name or f"A former {row.actor_role or 'user'}"


def where_of(row: AccessRecord) -> str:
    """The door, the route and the id that was asked for."""
    asked = " ".join(filter(None, (row.method, row.route, row.object_id)))
    return f"{row.get_door_display()}: {asked}"


def record_page(
    request: HttpRequest, admin_site: Any, *, person: Any, template: str = "back_office/record.html"
) -> HttpResponse:
    """The record of a person, for admins alone. ``person`` is the object whose id events name. Raises PermissionDenied."""
    user: Any = request.user
    if not user.has_perm("core.view_accessrecord"):
        raise PermissionDenied
    place = Place(_number(request, "event"), _number(request, "access"))
    page = page_of(person.pk, place=place, limit=ROWS)
    show([person.pk])
    context = {
        **admin_site.each_context(request),
        "title": f"Who read and changed what: {person}",
        "entries": entries(page.rows),
        "older": page.older,
        "newest": place != Place(),
        "original": person,
        "opts": person._meta,
    }
    return TemplateResponse(request, template, context)


def entries(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Each row as the list of entries shows it."""
    return [_event(row) if isinstance(row, Event) else _access(row) for row in rows]


def _event(row: Any) -> dict[str, Any]:
    who = row.actor_name or (f"A former {row.actor_role or 'user'}" if row.actor_id else "The system")
    return {
        "at": row.at, "what": title_of(row.name), "who": who, "details": details_of(row), "request_id": row.request_id
    }  # fmt: skip


def _access(row: Any) -> dict[str, Any]:
    return {
        "at": row.at,
        "what": where_of(row),
        "label": row.get_action_display(),
        "variant": ACTIONS.get(row.action, ""),
        "who": who_of(row),
        "details": [f"from {row.address}"] if row.address else [],
        "request_id": row.request_id,
    }


def _number(request: HttpRequest, name: str) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else NEWEST
