"""Lists of items in and out of the back office: upload, preview, import or cancel; export what the list shows."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters, ModelAdmin
from django.contrib.admin.views.main import ERROR_FLAG, PAGE_VAR
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    QueryDict,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminFileFieldWidget

from careops.core import clock
from careops.core.admin import snapshot
from careops.core.admin.forms import show_refusal
from careops.core.admin.once import submit_once
from careops.core.lists import Choices, ColumnsUnclear
from careops.core.problems import DomainError, problem_of
from inventory import services
from inventory.admin.mapping import MappingForm
from inventory.models import StockImport
from inventory.services.comparing import STATES, WRONG
from inventory.services.imports import SHOWN
from inventory.transfer import COLUMNS, TITLES, csv_lines, xlsx_file

LIST = "admin:inventory_item_changelist"
UPLOAD = "admin:inventory_item_import_items"
PREVIEW = "admin:inventory_item_import"
MAPPING = "admin:inventory_item_import_columns"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_DIGITS = 7  # of the number of a row
EXPORTS = frozenset({"Export CSV", "Export Excel"})
COLOURS = {"new": "success", "changed": "info", "unchanged": "", "wrong": "danger"}


class UploadForm(forms.Form):
    file = forms.FileField(
        label="File",
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
        help_text="A CSV file or an Excel workbook (.xlsx). One row of it names the columns.",
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > settings.IMPORT_MAX_BYTES:
            most = f"{settings.IMPORT_MAX_BYTES / 1_000_000:g}"
            raise forms.ValidationError(f"The file is larger than {most} MB. Split it into several.")
        return file


class TransferPages(ModelAdmin):  # type: ignore[type-arg]
    """The part of the items' admin that reads and writes files."""

    actions_list: ClassVar[Any] = ("import_items", "export_csv", "export_excel")

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Who may make items and change them may do it by a list."""
        return self.has_add_permission(request) and self.has_change_permission(request)

    def get_urls(self) -> list[URLPattern]:
        preview = self.admin_site.admin_view(self.import_view)
        mapping = self.admin_site.admin_view(self.mapping_view)
        return [
            path("import/<int:import_id>/", preview, name="inventory_item_import"),
            path("import/<int:import_id>/columns/", mapping, name="inventory_item_import_columns"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, where an export takes along what the list is narrowed to."""
        response: Any = super().changelist_view(request, extra_context)
        narrowed = _narrowed(request.GET)
        for button in getattr(response, "context_data", {}).get("actions_list", ()):
            if narrowed and button["title"] in EXPORTS:
                button["path"] += f"?{narrowed}"
        return response  # type: ignore[no-any-return]

    # --- In ------------------------------------------------------------------------------------------------------

    @action(description="Import", url_path="import", permissions=["import"], icon="upload")
    def import_items(self, request: HttpRequest) -> HttpResponse:
        """Take a file and lead to what it would change, or first to what its columns are."""
        return submit_once(request, lambda: self._upload(request), in_transaction=False)  # type: ignore[no-any-return]

    def _upload(self, request: HttpRequest) -> HttpResponse:
        given = (request.POST, request.FILES) if request.method == "POST" else ()
        form = UploadForm(*given)
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                kept = services.prepare_import(name=file.name, content=file.read(), actor=request.user)
            except DomainError as refusal:
                show_refusal(form, refusal, {refusal.code: "file"})
            else:
                return HttpResponseRedirect(reverse(PREVIEW if kept.report else MAPPING, args=[kept.pk]))
        context = {"form": form, "columns": COLUMNS, "back": reverse(LIST)}
        return self._page(request, "inventory/import.html", "Import items", context)

    def import_view(self, request: HttpRequest, import_id: int) -> HttpResponse:
        """What an uploaded file would change; on POST it is imported as shown, or forgotten."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return submit_once(  # type: ignore[no-any-return]
                request, lambda: self._decide(request, import_id), in_transaction=False
            )
        kept = StockImport.objects.defer("content").filter(pk=import_id).first()
        if kept is None:
            return self._over(request)
        if not kept.report:
            return HttpResponseRedirect(reverse(MAPPING, args=[import_id]))
        counts = kept.report["counts"]
        changes = kept.report.get("changes", [])
        context = {
            "kept": kept,
            "counts": [(state, counts.get(state, 0), COLOURS[state]) for state in STATES],
            "total": sum(counts.values()),
            "wrong": counts.get(WRONG, 0),
            "changing": counts.get("new", 0) + counts.get("changed", 0),
            "changes": [{**each, "variant": COLOURS[each["state"]]} for each in changes],
            "mistakes": kept.report.get("mistakes", []),
            "columns": [(header, TITLES.get(name, "")) for header, name in kept.report.get("columns", [])],
            "shown": SHOWN,
            "mapping": reverse(MAPPING, args=[import_id]),
            "back": reverse(LIST),
            "upload": reverse(UPLOAD),
        }
        return self._page(request, "inventory/import_preview.html", f"Import of {kept.name}", context)

    def mapping_view(self, request: HttpRequest, import_id: int) -> HttpResponse:
        """What each column of an uploaded file is: a guess to confirm; on POST it leads to what would change."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        kept = StockImport.objects.filter(pk=import_id).first()
        if kept is None or kept.content is None:
            return (
                self._over(request)
                if kept is None
                else HttpResponseRedirect(reverse(PREVIEW, args=[import_id]))
            )
        form, is_done = self._mapping_form(request, kept)
        if is_done:
            return HttpResponseRedirect(reverse(PREVIEW, args=[import_id]))
        context = {
            "form": form,
            "kept": kept,
            "preview": reverse(PREVIEW, args=[import_id]),
            "many_sheets": len(form.layout.sheets) > 1,
        }
        return self._page(request, "inventory/import_columns.html", f"Columns of {kept.name}", context)

    def _mapping_form(self, request: HttpRequest, kept: StockImport) -> tuple[MappingForm, bool]:
        """The form, and whether what was sent with it was taken."""
        given = services.choices_of(kept)
        if request.method != "POST":
            return MappingForm(services.look_at_import(row=kept), given), False
        try:
            shown = Choices(
                sheet=request.POST.get("shown_sheet", ""), header_row=_row_of(request.POST.get("shown_row"))
            )
            layout = services.look_at_import(row=kept, choices=shown)
        except DomainError:  # a page that was not made here
            return MappingForm(services.look_at_import(row=kept), given), False
        form = MappingForm(layout, given, request.POST)
        if not form.is_valid():
            return form, False
        sheet, row = form.cleaned_data.get("sheet", layout.sheet), form.cleaned_data["header_row"]
        try:
            if (sheet, row) == (layout.sheet, layout.header_row):
                if "look" not in request.POST:
                    services.map_import(import_id=kept.pk, choices=form.choices())
                return form, "look" not in request.POST
            elsewhere = Choices(
                sheet=sheet,
                header_row=None if sheet != layout.sheet and row == layout.header_row else row,
                decimal_mark=form.cleaned_data["decimal_mark"],
                day_order=form.cleaned_data["day_order"],
            )
            return MappingForm(services.look_at_import(row=kept, choices=elsewhere), elsewhere), False
        except DomainError as refusal:
            form.add_error(None if isinstance(refusal, ColumnsUnclear) else "header_row", refusal.detail)
            return form, False

    def _over(self, request: HttpRequest) -> HttpResponse:
        self.message_user(request, "This upload is over. Upload the file again.", messages.WARNING)
        return HttpResponseRedirect(reverse(UPLOAD))

    def _decide(self, request: HttpRequest, import_id: int) -> HttpResponse:
        if "cancel" in request.POST:
            services.cancel_import(import_id=import_id)
            self.message_user(request, "Nothing was imported.", messages.INFO)
            return HttpResponseRedirect(reverse(LIST))
        try:
            done = services.apply_import(import_id=import_id, actor=request.user)
        except (DomainError, OperationalError) as refusal:
            problem = problem_of(refusal)
            if problem is None:
                raise
            self.message_user(request, problem.detail, messages.ERROR)
            return HttpResponseRedirect(reverse(PREVIEW, args=[import_id]))
        counts = done.report["counts"]
        said = ", ".join(f"{counts.get(state, 0)} {state}" for state in STATES if state != WRONG)
        self.message_user(request, f"{done.name} is imported: {said}.", messages.SUCCESS)
        return HttpResponseRedirect(reverse(LIST))

    def _page(
        self, request: HttpRequest, template: str, title: str, context: dict[str, Any]
    ) -> TemplateResponse:
        shared = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "snapshot": snapshot.write(),
        }
        return TemplateResponse(request, template, {**shared, "media": self.media, **context})

    # --- Out -----------------------------------------------------------------------------------------------------

    @action(description="Export CSV", url_path="export.csv", permissions=["view"], icon="download")
    def export_csv(self, request: HttpRequest) -> HttpResponseBase:
        """The items of the list as CSV, sent while they are read."""
        return self._export(
            request,
            lambda items: StreamingHttpResponse(
                csv_lines(items.in_pieces()), content_type="text/csv; charset=utf-8",
                headers={"Content-Disposition": f'attachment; filename="{_file_name("csv")}"'},
            ),
        )  # fmt: skip

    @action(description="Export Excel", url_path="export.xlsx", permissions=["view"], icon="download")
    def export_excel(self, request: HttpRequest) -> HttpResponseBase:
        """The items of the list as an Excel workbook."""
        return self._export(
            request,
            lambda items: FileResponse(
                xlsx_file(items.in_pieces()), content_type=XLSX, as_attachment=True, filename=_file_name("xlsx")
            ),
        )  # fmt: skip

    def _export(self, request: HttpRequest, answer: Any) -> HttpResponseBase:
        try:
            items = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:
            return HttpResponseRedirect(f"{reverse(LIST)}?{ERROR_FLAG}=1")
        return answer(items)  # type: ignore[no-any-return]


def _narrowed(given: QueryDict) -> str:
    """What the list is narrowed to, whichever page of it is shown."""
    kept = given.copy()
    for name in (PAGE_VAR, ERROR_FLAG):
        kept.pop(name, None)
    return kept.urlencode()


def _row_of(given: str | None) -> int | None:
    return int(given) if given and given.isdecimal() and len(given) <= MOST_DIGITS else None


def _file_name(ending: str) -> str:
    return f"items-{clock.now():%Y-%m-%d}.{ending}"
