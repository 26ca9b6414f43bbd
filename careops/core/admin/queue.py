"""The queue's own tables, to look at only.

Their payloads are pickles: whoever can write them runs code, and reading them would run it. None is unpacked here.
"""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django_q.models import Failure, OrmQ, Schedule, Success
from unfold.decorators import display

from careops.core.admin.base import ReadOnlyAdmin

for model in (OrmQ, Schedule, Success, Failure):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(OrmQ)
class BellAdmin(ReadOnlyAdmin):
    list_display = ("key", "lock")
    list_display_links = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).only("key", "lock")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> None:
        """A row has no page of its own: even its name is in the payload."""
        return


@admin.register(Schedule)
class ScheduleAdmin(ReadOnlyAdmin):
    list_display = ("name", "func", "every", "next_run")
    fields = ("name", "func", "every", "next_run")
    search_fields = ("name",)

    @display(description="Every")
    def every(self, schedule: Schedule) -> str:
        return f"{schedule.minutes} min" if schedule.minutes else str(schedule.get_schedule_type_display())


class TaskAdmin(ReadOnlyAdmin):
    list_display = ("name", "func", "started", "stopped")
    fields = ("name", "func", "started", "stopped", "attempt_count")
    search_fields = ("name", "func")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without the columns that are pickles."""
        return super().get_queryset(request).only(*self.fields, "success")


admin.site.register(Success, TaskAdmin)
admin.site.register(Failure, TaskAdmin)
