"""What people were told: to look at."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from careops.core.admin import ReadOnlyAdmin
from careops.core.admin.history import find_subjects, subject_link
from connections.models import Notice


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    list_display = ("user", "shown_kind", "actor", "subject", "created_at", "read_at")
    list_display_links = ("user", "shown_kind")
    list_filter = (("user", AutocompleteSelectFilter), ("kind", ChoicesDropdownFilter))
    list_select_related = ("user", "actor")
    search_fields = ("user__name_key",)
    search_help_text = "Search by who was told"
    fields = (("user", "shown_kind"), ("actor", "subject"), ("created_at", "read_at"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notice]:
        """Everybody's, to whoever may look at the table; over the API each reads their own."""
        return Notice.objects.order_by(*self.get_ordering(request))

    def prepare(self, rows: Sequence[Any]) -> None:
        for row in rows:
            row.subject_type, row.subject_id = row.about_type, row.about_id
        find_subjects(rows)

    @display(description="Notice", ordering="kind")
    def shown_kind(self, notice: Notice) -> str:
        return notice.get_kind_display()

    @display(description="About")
    def subject(self, notice: Notice) -> str:
        return subject_link(notice)
