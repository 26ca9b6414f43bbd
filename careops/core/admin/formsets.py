"""Sets of rows on the page of the row that they belong to."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.formsets import INITIAL_FORM_COUNT, TOTAL_FORM_COUNT
from django.http import HttpRequest

from careops.core.admin import snapshot
from careops.core.admin.changes import CODE, RecentChanges
from careops.core.admin.forms import DELETE, VerbForm
from careops.core.problems import DomainError


class VerbFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """Rows that are added, changed and removed through verbs.

    Rows that were removed or replaced while the page was open are dropped from what was posted. A save is refused where
    the user had changed anything in the set. The page then shows the set as it is now, with the user's new rows.
    """

    request: ClassVar[HttpRequest]
    model: type[models.Model]
    data: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lost: list[str] = []
        self.lost_rows: list[models.Model] = []
        if self.is_bound and self.management_form.is_valid():
            self._drop_lost()

    def remove(self, row: Any, actor: Any) -> None:
        """Run the verb that removes the row. Raises DomainError."""
        raise NotImplementedError

    # --- Rows that are gone ---------------------------------------------------------------------------------------

    def _drop_lost(self) -> None:
        known = {str(row.pk) for row in self.get_queryset()}
        count, total = self.initial_form_count(), self.total_form_count()
        pk = self.model._meta.pk.name
        kept = [i for i in range(count) if self.data.get(f"{self.add_prefix(i)}-{pk}") in known]
        if len(kept) == count:
            return
        gone = [i for i in range(count) if i not in kept]
        self.lost = [text for i in gone if (text := self._typed(i))]
        keys = [self.data.get(f"{self.add_prefix(i)}-{pk}", "") for i in gone]
        self.lost_rows = [self.model(pk=int(key) if key.isdecimal() else 0) for key in keys]
        self._renumber([*kept, *range(count, total)], initial=len(kept))

    def _typed(self, place: int) -> str:
        """What the user changed in a row that is gone, in words; empty for a row that was left alone."""
        prefix = self.add_prefix(place)
        name = f"{self.model._meta.label_lower}.{self.data.get(f'{prefix}-{self.model._meta.pk.name}')}"
        carried = snapshot.read(self.request)
        shown = carried.fields.get(name, {}) if carried else {}
        form = self.form(self.data, prefix=prefix)
        changed = [
            each
            for each in shown
            if each in form.fields and snapshot.differs(form.fields[each], shown[each], form[each].data)
        ]
        if f"{prefix}-{DELETE}" in self.data:
            return "a removal"
        return ", ".join(f"{form[each].label}: {self._posted(form, each)}" for each in changed)

    def _posted(self, form: forms.BaseForm, name: str) -> str:
        data = form[name].data
        return snapshot.in_words(
            form.fields[name], data if isinstance(data, list | bool) else str(data or "")
        )

    def _renumber(self, places: Sequence[int], *, initial: int) -> None:
        """Make the posted rows at ``places`` the rows 0, 1, 2 and so on."""
        data = self.data.copy()
        for key in [key for key in data if key.startswith(f"{self.prefix}-")]:
            del data[key]
        for new, old in enumerate(places):
            start = f"{self.add_prefix(old)}-"
            for key in [key for key in self.data if key.startswith(start)]:
                data.setlist(f"{self.add_prefix(new)}-{key.removeprefix(start)}", self.data.getlist(key))
        data[f"{self.prefix}-{TOTAL_FORM_COUNT}"] = str(len(places))
        data[f"{self.prefix}-{INITIAL_FORM_COUNT}"] = str(initial)
        self.data = data
        self.__dict__.pop("management_form", None)
        self.__dict__.pop("forms", None)

    # --- Judging --------------------------------------------------------------------------------------------------

    def clean(self) -> None:
        super().clean()
        if self.lost_rows and (self.lost or any(form.has_changed() for form in self.forms)):
            raise ValidationError(self._lost_in_words(), code=CODE)
        if any(self.errors):
            return
        for form in self.deleted_forms:
            if form.instance.pk and isinstance(form, VerbForm):
                self._remove(form)

    def _lost_in_words(self) -> str:
        told_by = (*self.lost_rows, self.instance)
        who = next((found for row in told_by if (found := self._recent_changes(row).by())), "")
        entered = f" Your entries in those rows were: {'; '.join(self.lost)}." if self.lost else ""
        return (
            f"{who or 'Another person'} removed or replaced rows of this list while this page was open. "
            f"The page shows the list as it is now.{entered} Save again to add your changes to it."
        )

    def _recent_changes(self, row: models.Model) -> RecentChanges:
        carried = snapshot.read(self.request)
        return RecentChanges(row, self.request.user, carried.at if carried else None)

    def _remove(self, form: VerbForm) -> None:
        if changed := form.changed_meanwhile():
            labels = ", ".join(str(form[name].label) for name in changed)
            who = form.recent_changes().by(changed)
            raise ValidationError(
                f"{who or 'Another person'} changed “{form.instance}” while this page was open: {labels}. "
                "Save again to remove it anyway.",
                code=CODE,
            )
        try:
            self.remove(form.instance, self.request.user)
        except DomainError as refusal:
            raise ValidationError(refusal.detail) from refusal

    # --- Showing again --------------------------------------------------------------------------------------------

    def show_new_rows(self) -> None:
        """Put the rows that were added meanwhile behind the posted ones, before a page is shown again."""
        if not self.management_form.is_valid():
            return
        count = self.initial_form_count()
        posted = list(self.forms)
        kept, added = posted[:count], posted[count:]
        known = {form.instance.pk for form in kept}
        rows = [row for row in self.get_queryset() if row.pk not in known]
        if not rows:
            return
        places = [*range(count), *[len(posted)] * len(rows), *range(count, len(posted))]
        self._renumber(places, initial=count + len(rows))
        for place, form in enumerate(added, start=count + len(rows)):
            if isinstance(form, VerbForm):
                form.bind_again(self.data, self.add_prefix(place))
        new = [
            self.form(prefix=self.add_prefix(count + i), instance=row, **self.get_form_kwargs(count + i))
            for i, row in enumerate(rows)
        ]
        for place, form in enumerate(new, start=count):
            self.add_fields(form, place)
        self.forms = [*kept, *new, *added]
        self._queryset = [form.instance for form in (*kept, *new)]
