"""The part of an admin that compares what its pages showed with what is stored."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib.admin.options import ModelAdmin
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from unfold.forms import ActionForm

from careops.core.admin import snapshot
from careops.core.admin.changes import CODE, RecentChanges
from careops.core.admin.forms import VerbForm, subject_of
from careops.core.admin.formsets import VerbFormSet
from careops.core.admin.once import submit_once
from careops.core.admin.verbs import Verb
from careops.core.problems import Conflict

IGNORED = frozenset({"updated_at", "version", "seat"})


class ChangedMeanwhile(Conflict):
    code = CODE


class SnapshotActionForm(ActionForm):
    """The choice of an action below a list, with what the list showed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[snapshot.INPUT] = forms.CharField(required=False, widget=forms.HiddenInput)


class GuardedPages(ModelAdmin):  # type: ignore[type-arg]
    """Locks a row before it is compared, says who changed it meanwhile, and lets equal POSTs have one effect.

    ``judged_by`` names the columns whose change makes a page with a button or a deletion stale; None stands for all.
    """

    action_form = SnapshotActionForm
    judged_by: ClassVar[Collection[str] | None] = None

    def lock(self, found: Any, verb: Verb | None) -> None:
        """Lock what ``verb``, or the form's or the deletion's verb, locks first; by default the row itself."""
        self.model._base_manager.order_by().filter(pk=found.pk).select_for_update(no_key=True).first()

    def ended(self, request: HttpRequest, row: Any) -> str:
        """What has ended a row that stays in its table, in a sentence; empty for a row that is in use."""
        return ""

    def lock_before(self, request: HttpRequest, object_id: str, verb: Verb | None = None) -> None:
        """On POST, lock the row before it is read to be compared; a row that is gone locks nothing."""
        if request.method != "POST":
            return
        try:
            found = self.model._base_manager.filter(pk=self.opts.pk.to_python(unquote(object_id))).first()
        except ValidationError:
            return
        if found is not None:
            self.lock(found, verb)

    def snapshot_of(
        self, rows: Sequence[Model], shown: Iterable[VerbForm] = (), *, chosen: Sequence[int] | None = None
    ) -> str:
        """What a page with these rows and forms carries; ``chosen`` are the ids of other rows that it lists."""
        return snapshot.write(
            fields={
                snapshot.name_of(form.instance): snapshot.values(form, form.compared())
                for form in shown
                if form.compared()
            },
            rows={snapshot.name_of(row): self._fingerprint_of(row, alone=len(rows) == 1) for row in rows},
            chosen=chosen,
        )

    def _fingerprints(self, row: Model) -> dict[str, str]:
        """The row's fingerprint as it was read, whatever a form has written into it since."""
        if "_fingerprints" not in row.__dict__:
            names = (
                {column.name for column in self.opts.concrete_fields}
                if self.judged_by is None
                else self.judged_by
            )
            row.__dict__["_fingerprints"] = snapshot.fingerprint(row, set(names) - IGNORED)
        return row.__dict__["_fingerprints"]  # type: ignore[no-any-return]

    def _fingerprint_of(self, row: Model, *, alone: bool) -> Any:
        """By column on the page of one row, as a whole where many rows are shown."""
        return self._fingerprints(row) if alone else snapshot.whole(self._fingerprints(row))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            self._fingerprints(found)
        return found

    def forms_of(self, request: HttpRequest, context: dict[str, Any]) -> list[VerbForm]:
        """The forms of stored rows on a page; sets that are shown again get the rows that were added meanwhile."""
        found = [context["adminform"].form]
        for inline in context["inline_admin_formsets"]:
            if request.method == "POST" and isinstance(inline.formset, VerbFormSet):
                inline.formset.show_new_rows()
            found += inline.formset.initial_forms
        return [form for form in found if isinstance(form, VerbForm)]

    # --- Stale pages ----------------------------------------------------------------------------------------------

    def stale(self, request: HttpRequest, row: Model) -> str | None:
        """A sentence on what changed since the page showed the row; None where nothing did."""
        carried = snapshot.read(request)
        if carried is None:
            return None
        if not carried.readable:
            return "This page was opened before the installation changed its keys. Look at it again, then decide."
        shown, present = carried.rows.get(snapshot.name_of(row)), self._fingerprints(row)
        if shown is None or shown in (present, snapshot.whole(present)):
            return None
        changed = [name for name in present if isinstance(shown, dict) and shown.get(name) != present[name]]
        changes = RecentChanges(
            subject_of(row, getattr(self.form, "events_of", "")), request.user, carried.at
        )
        labels = [str(self.opts.get_field(name).verbose_name) for name in changed]  # type: ignore[union-attr]
        what = f" ({', '.join(labels)})" if labels else ""
        return (
            f"{changes.by(changed) or 'Another person'} changed this {self.opts.verbose_name}{what} "
            "while the page was open. Look at it as it is now, then decide again."
        )

    def refuse_stale(self, request: HttpRequest, row: Model) -> None:
        """Raises ChangedMeanwhile."""
        if (said := self.stale(request, row)) is not None:
            raise ChangedMeanwhile(said)

    # --- Lists ----------------------------------------------------------------------------------------------------

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list; an action on it is carried out once. Each row is changed in a transaction of its own."""
        response: Any = submit_once(
            request,
            lambda: super(GuardedPages, self).changelist_view(request, extra_context),
            in_transaction=False,
        )
        context = getattr(response, "context_data", None) or {}
        if (chosen := context.get("action_form")) is not None:
            rows = context["cl"].result_list
            prints = {snapshot.name_of(row): self._fingerprint_of(row, alone=False) for row in rows}
            chosen.initial[snapshot.INPUT] = snapshot.write(rows=prints)
        return response  # type: ignore[no-any-return]
