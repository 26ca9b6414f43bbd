"""The base of every page of the back office: it acts through the verbs and shows events as history."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import PAGE_VAR
from django.core.exceptions import PermissionDenied, SuspiciousOperation, ValidationError
from django.core.paginator import Paginator
from django.db import models, transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from careops.core.access import show
from careops.core.admin.forms import VerbForm
from careops.core.admin.history import history_of, tell
from careops.core.admin.once import submit_once
from careops.core.admin.pages import VerbPages
from careops.core.admin.verbs import Verb
from careops.core.problems import DomainError
from careops.core.search import found_by, order_column

CHOICES_SHOWN = 20
HISTORY_SHOWN = 50


class PreparedList(ChangeList):
    """A list whose rows on the page are prepared together, instead of one query for each."""

    def get_filters(self, request: HttpRequest) -> Any:
        """By the filters that are shown alone: any other column, such as a password's hash, would tell itself."""
        found: Any = super().get_filters(request)
        if left_over := found[2]:
            raise IncorrectLookupParameters(f"No filter of this list knows {', '.join(left_over)}.")
        return found

    def get_ordering_field(self, field_name: Any) -> Any:
        """A column of names is ordered as a person expects."""
        found = super().get_ordering_field(field_name)
        return order_column(self.model, found) if isinstance(found, str) else found

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list: list[Any] = list(self.result_list)
        self.model_admin.prepare_for(request, self.result_list)


class BackOfficeAdmin(VerbPages, ModelAdmin):
    """An admin that reads what ``visible_to`` shows and writes through verbs only.

    What a person may do is ``User.has_perm``, which the API's tables answer.
    """

    form = VerbForm
    verbs: ClassVar[Sequence[Verb]] = ()
    deletion_note: ClassVar[str] = ""
    deletion_option: ClassVar[tuple[str, str] | None] = None

    compressed_fields = True
    warn_unsaved_form = True
    list_filter_submit = True
    list_per_page = 50
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    change_form_outer_before_template = "back_office/verbs.html"
    change_form_before_template = "back_office/snapshot.html"
    delete_confirmation_template = "back_office/delete.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows this person may see; of tables without ``visible_to`` the permission decides alone."""
        rows: QuerySet[Any] = self.model._default_manager.all()
        visible: QuerySet[Any] = rows.visible_to(request.user) if hasattr(rows, "visible_to") else rows
        return visible.order_by(*self.get_ordering(request)) if self.get_ordering(request) else visible

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """As the API finds: by words in any order, without case and accents."""
        return found_by(queryset, search_term, list(self.search_fields)), False

    def prepare(self, rows: Sequence[Any]) -> None:
        """Look up what the rows of one page show of other tables; a subclass fills this in."""

    def prepare_for(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        """As ``prepare``; each row knows its ``reader``, by whose rights it links to other pages."""
        for row in rows:
            row.reader = request.user
        self.prepare(rows)
        show(getattr(row, "person_id", None) for row in rows)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PreparedList

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            self.prepare_for(request, [found])
        return found

    # --- Writing: the form's validation has run the verb already, so nothing is left to be saved ---------------

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[VerbForm]:
        made: Any = super().get_form(request, obj, change=change, **kwargs)
        made.request = request  # the class is made anew for each request
        return made  # type: ignore[no-any-return]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """The form's verb has saved it."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The forms' verbs have saved them."""

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> list[Any]:
        return []

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The verb's event is the log: a log of the admin's own would keep names after an erasure."""

    log_change = log_addition

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Any]) -> Any:
        """As log_addition."""

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """A form that is shown again has changed nothing, whichever of its verbs had run already."""
        context |= self.page_context(request, obj) if obj is not None else {}
        forms = self.forms_of(request, context) if self.has_change_permission(request, obj) else []
        context["snapshot"] = self.snapshot_of([obj] if obj is not None else [], forms)
        response: HttpResponse = super().render_change_form(request, context, add, change, form_url, obj)
        if request.method == "POST":
            transaction.set_rollback(True)
        return response

    def page_context(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """What an object's page shows besides its form."""
        return {}

    # --- Deleting ----------------------------------------------------------------------------------------------

    def erase(self, request: HttpRequest, obj: Any) -> None:
        """Run the verb that deletes. Raises DomainError."""
        raise NotImplementedError

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.erase(request, obj)

    def get_deleted_objects(
        self, objs: Iterable[Any], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """What goes with it is the verb's to decide, and to refuse."""
        return [str(obj) for obj in objs], {}, set(), []

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        said = {
            "deletion_note": self.deletion_note,
            "deletion_option": self.deletion_option,
            "back": reverse(name, args=[object_id]),
        }
        return submit_once(request, lambda: self._delete(request, object_id, said | (extra_context or {})))  # type: ignore[no-any-return]

    def _delete(self, request: HttpRequest, object_id: str, context: dict[str, Any]) -> HttpResponse:
        try:
            with transaction.atomic():
                self.lock_before(request, object_id)
                obj = self.get_object(request, unquote(object_id))
                if (
                    obj is not None
                    and (said := self.ended(request, obj))
                    and self.has_delete_permission(request)
                ):
                    self.message_user(request, said, messages.WARNING)
                    return HttpResponseRedirect(admin_url(obj))
                if obj is not None and request.method == "POST":
                    self.refuse_stale(request, obj)
                context["snapshot"] = self.snapshot_of([obj] if obj is not None else [])
                response: HttpResponse = super().delete_view(request, object_id, context)
        except DomainError as refusal:
            self.message_user(request, refusal.detail, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        return response

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """The verbs that this person may run on a list; nothing is deleted by the dozen."""
        return {
            verb.name: (partial(self.run_on_list, verb=verb), verb.name, verb.label)
            for verb in self.verbs
            if verb.on_lists and self.may(request, verb)
        }

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any
    ) -> Any:
        """What was chosen are keys of this table, or the form is not ours."""
        for key in request.POST.getlist(ACTION_CHECKBOX_NAME):
            try:
                self.opts.pk.to_python(key)
            except ValidationError as error:
                raise SuspiciousOperation("A chosen row has no such key.") from error
        return super().response_action(request, queryset, *args, **kwargs)

    # --- Other pages ---------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        wrap: Callable[..., Any] = self.admin_site.admin_view
        choices = (
            [path("choices/", wrap(self.choices_view), name=f"{name}_choices")] if self.search_fields else []
        )
        return [
            *choices,
            path("<path:object_id>/do/<slug:verb_name>/", wrap(self.verb_view), name=f"{name}_do"),
            *super().get_urls(),
        ]

    def choice_label(self, obj: Any) -> str:
        """How an object reads where it is chosen."""
        return str(obj)

    def choices(self, request: HttpRequest) -> QuerySet[Any]:
        """The objects that may be chosen in a form."""
        return self.get_queryset(request)

    def choices_view(self, request: HttpRequest) -> JsonResponse:
        """A page of what can be chosen, as the select box asks for it while somebody types."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        term = request.GET.get("term", "").replace("\x00", "")
        found, _ = self.get_search_results(request, self.choices(request), term)
        page = Paginator(found, CHOICES_SHOWN).get_page(request.GET.get("page"))
        show(getattr(obj, "person_id", None) for obj in page.object_list)
        results = [{"id": str(obj.pk), "text": self.choice_label(obj)} for obj in page.object_list]
        return JsonResponse({"results": results, "pagination": {"more": page.has_next()}})

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return submit_once(  # type: ignore[no-any-return]
            request, lambda: self._changeform(request, object_id, form_url, extra_context or {})
        )

    def _changeform(
        self, request: HttpRequest, object_id: str | None, form_url: str, extra_context: dict[str, Any]
    ) -> HttpResponse:
        if object_id:
            self.lock_before(request, object_id)
        if object_id and request.method == "POST" and self.has_change_permission(request):
            obj = self.get_object(request, unquote(object_id))
            if obj is not None and (said := self.ended(request, obj)):
                self.message_user(request, f"{said} Nothing was saved.", messages.ERROR)
                return HttpResponseRedirect(admin_url(obj))
        buttons = self.buttons(request, object_id) if object_id and self.verbs else []
        context = {"verbs": buttons, **extra_context}
        response: HttpResponse = super().changeform_view(request, object_id, form_url, context)
        return response

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The object's events: what happened, who did it, when, under which request id."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[no-any-return]
        page = Paginator(history_of(obj, request.user), HISTORY_SHOWN).get_page(request.GET.get(PAGE_VAR))
        context = {
            **self.admin_site.each_context(request),
            "title": f"History: {obj}",
            "entries": tell(page.object_list),
            "page": page,
            "page_var": PAGE_VAR,
            "object": obj,
            "original": obj,
            "opts": self.opts,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "back_office/history.html", context)


class ReadOnlyAdmin(BackOfficeAdmin):
    """A table that is only looked at, by anybody; nothing beside a value says how to fill it in."""

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[VerbForm]:
        kwargs.setdefault("help_texts", {field.name: "" for field in self.model._meta.fields})
        return super().get_form(request, obj, change=change, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def admin_url(obj: models.Model, page: str = "change") -> str:
    """The address of an object's page in the back office."""
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_{page}", args=[obj.pk])
