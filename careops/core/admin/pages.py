"""How a verb's button is offered, asked for more, and run."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from careops.core.access import show
from careops.core.admin import snapshot
from careops.core.admin.forms import show_refusal
from careops.core.admin.guard import GuardedPages
from careops.core.admin.once import submit_once
from careops.core.admin.verbs import SHOWN_REFUSALS, Verb
from careops.core.problems import DomainError


class VerbPages(GuardedPages):
    """The part of an admin that runs its ``verbs``."""

    verbs: ClassVar[Sequence[Verb]]

    def may(self, request: HttpRequest, verb: Verb) -> bool:
        return bool(request.user.has_perm(verb.codename(self.model)))

    def buttons(self, request: HttpRequest, object_id: str) -> list[dict[str, Any]]:
        """What can be done with the object now, by this person."""
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            return []
        offered = [verb for verb in self.verbs if self.may(request, verb) and verb.when(obj)]
        return [{"verb": verb, "label": verb.button(obj), "url": self._url(obj.pk, verb)} for verb in offered]

    def verb_view(self, request: HttpRequest, object_id: str, verb_name: str) -> HttpResponse:
        """Ask for what the verb needs, run it once on POST, and show a refusal beside the field it is about."""
        return submit_once(request, lambda: self._verb_view(request, object_id, verb_name))  # type: ignore[no-any-return]

    def _verb_view(self, request: HttpRequest, object_id: str, verb_name: str) -> HttpResponse:
        verb = next((each for each in self.verbs if each.name == verb_name), None)
        if verb is None:
            raise Http404
        if not self.may(request, verb):
            raise PermissionDenied
        self.lock_before(request, object_id, verb)
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined,no-any-return]
        given = (request.POST, request.FILES) if request.method == "POST" else ()
        form = (verb.form or forms.Form)(*given)
        page = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[obj.pk])
        fresh = not form.is_bound or self._is_fresh(obj, request, form)
        if fresh and form.is_valid() and self._ran(verb, obj, request, form):
            return HttpResponseRedirect(page)
        if form.is_bound and verb.form is None:
            self.message_user(request, " ".join(map(str, form.non_field_errors())), messages.ERROR)
            return HttpResponseRedirect(page)
        return self._ask(request, verb, form, objects=[obj], back=page)

    def run_on_list(
        self, _: "VerbPages", request: HttpRequest, queryset: QuerySet[Any], *, verb: Verb
    ) -> HttpResponse | None:
        """Run the verb on each chosen object by itself; what is refused is named and stops nothing else."""
        bound = verb.form is None or "_run" in request.POST
        form = (verb.form or forms.Form)(request.POST if bound else None)
        rows = list(queryset)
        if not form.is_valid():
            return self._ask(request, verb, form, objects=rows, back=request.get_full_path())
        refused = [
            f"{row}: {refusal}"
            for row in rows
            if (refusal := self.stale(request, row) or self._refusal(verb, row, request, form)) is not None
        ]
        if done := len(rows) - len(refused):
            self.message_user(request, f"{verb.label}: {done} of {len(rows)} done.", messages.SUCCESS)
        for line in refused[:SHOWN_REFUSALS]:
            self.message_user(request, line, messages.ERROR)
        if (more := len(refused) - SHOWN_REFUSALS) > 0:
            self.message_user(request, f"{more} more were refused.", messages.ERROR)
        return None

    def _ran(self, verb: Verb, obj: Any, request: HttpRequest, form: forms.Form) -> bool:
        try:
            result = self._run(verb, obj, request, form)
        except DomainError as refusal:
            show_refusal(form, refusal, verb.beside)
            return False
        self.message_user(request, verb.sentence(obj, result), messages.SUCCESS)
        return True

    def _is_fresh(self, obj: Any, request: HttpRequest, form: forms.Form) -> bool:
        """Whether the object still is what the page showed; if not, the form says what changed."""
        if (said := self.stale(request, obj)) is not None:
            form.add_error(None, said)
        return said is None

    def _refusal(self, verb: Verb, obj: Any, request: HttpRequest, form: forms.Form) -> str | None:
        try:
            self._run(verb, obj, request, form)
        except DomainError as refusal:
            return refusal.detail
        return None

    def _run(self, verb: Verb, obj: Any, request: HttpRequest, form: forms.Form) -> Any:
        run: Callable[..., Any] = verb.run
        carried = snapshot.read(request) if verb.concerns else None
        listed = {"chosen": carried.chosen if carried else None} if verb.concerns else {}
        with transaction.atomic():
            return run(obj, request.user, **form.cleaned_data, **listed)

    def _ask(
        self, request: HttpRequest, verb: Verb, form: forms.Form, *, objects: list[Any], back: str
    ) -> HttpResponse:
        concerned = verb.concerns(objects[0]) if verb.concerns else None
        chosen = None if concerned is None else [row.pk for row in concerned]  # read once, then counted
        show(getattr(row, "person_id", None) for row in (*objects, *(concerned or ())))
        context = {
            **self.admin_site.each_context(request),
            "title": verb.label,
            "opts": self.opts,
            "original": objects[0] if len(objects) == 1 else None,
            "verb": verb,
            "form": form,
            "objects": objects,
            "concerned": concerned,
            "button": verb.label if concerned is None else verb.counting(concerned),
            "on_list": request.POST.get("action", "") == verb.name and ACTION_CHECKBOX_NAME in request.POST,
            "checkbox_name": ACTION_CHECKBOX_NAME,
            "back": back,
            "submit_variant": "danger" if verb.variant == "danger" else "primary",
            "media": self.media + form.media,
            "snapshot": self.snapshot_of(objects, chosen=chosen),
        }
        return TemplateResponse(request, "back_office/verb.html", context)

    def _url(self, pk: Any, verb: Verb) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_do", args=[pk, verb.name])
