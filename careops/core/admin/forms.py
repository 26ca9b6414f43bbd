"""Forms whose validation carries the change out, so that a refusal stands beside the field it is about.

A form of a stored row compares what its page showed, what was posted and what is stored now, field by field. Fields
that the user left alone keep the stored value. A field that the user and another person changed is refused.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property, reduce
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.forms.models import InlineForeignKeyField, construct_instance
from django.http import HttpRequest
from unfold.widgets import INPUT_CLASSES

from careops.core.admin import snapshot
from careops.core.admin.changes import CODE, RecentChanges
from careops.core.clock import YEARS
from careops.core.problems import DomainError

DELETE = "DELETE"
UNREADABLE = (
    "This page was opened before the installation changed its keys. Compare every field, then save again."
)


def show_refusal(form: forms.BaseForm, refusal: DomainError, beside: Mapping[str, str]) -> None:
    """Put each refusal beside the field that ``beside`` names for its code, else the field it names itself."""
    for each in (refusal, *refusal.also):
        field = beside.get(each.code, each.field.removesuffix("_id"))
        form.add_error(field if field in form.fields else None, each.detail)


class VerbForm(forms.ModelForm):  # type: ignore[type-arg]
    """A model's form that changes nothing by itself: once its fields are valid it calls ``carry_out``.

    ``beside`` maps the codes of refusals to fields. ``readers`` bring fields into the form in which the verb stores
    them, so that each bad value is named, whatever else is wrong. ``events_of`` names the related row whose events tell who
    changed this one, ``stored_as`` the stored field of a form field that has another name.
    """

    request: ClassVar[HttpRequest]
    beside: ClassVar[Mapping[str, str]] = {}
    readers: ClassVar[Mapping[str, Callable[[str], str]]] = {}
    events_of: ClassVar[str] = ""
    stored_as: ClassVar[Mapping[str, str]] = {}

    @property
    def actor(self) -> Any:
        """The user who sent the form."""
        return self.request.user

    def carry_out(self) -> models.Model | None:
        """Run the verb and return the row as it is now, None when nothing was to be done.

        Raises DomainError, ValidationError.
        """
        raise NotImplementedError

    def changes(self) -> dict[str, Any]:
        """The model's own fields that were changed in the form, with their new values."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name in self.own_fields()}

    def own_fields(self) -> list[str]:
        """The fields of the form that are fields of the model too."""
        known = {field.name for field in self._meta.model._meta.fields}
        return [name for name in self.fields if name in known]

    # --- Shown, posted, present ---------------------------------------------------------------------------------

    def compared(self) -> list[str]:
        """The fields that are compared; none in the form of a new row."""
        if self.instance._state.adding:
            return []
        return snapshot.compared(self, {DELETE, self._meta.model._meta.pk.name})

    @cached_property
    def present(self) -> dict[str, Any]:
        """What the fields show of the row as it is stored now."""
        return snapshot.values(self, self.compared())

    @cached_property
    def shown(self) -> dict[str, Any]:
        """What the page showed in the fields; to a sender without a snapshot, the present values."""
        carried = snapshot.read(self.request)
        return self.present | dict(carried.fields.get(snapshot.name_of(self.instance), {}) if carried else {})

    @cached_property
    def changed_data(self) -> list[str]:
        """The fields that the user changed, and that are not stored so already."""
        compared = set(self.compared())
        others = [name for name in super().changed_data if name not in compared]
        mine = {
            name
            for name in compared
            if self._was_posted_anew(name, self.shown[name])
            and self._was_posted_anew(name, self.present[name])
        }
        return [name for name in self.fields if name in mine or name in others]

    def _was_posted_anew(self, name: str, value: Any) -> bool:
        return snapshot.differs(self.fields[name], value, self[name].data)

    def bind_again(self, data: Any, prefix: str) -> None:
        """Find what was posted under another prefix; what was judged already stays."""
        self.data, self.prefix = data, prefix
        self._bound_fields_cache.clear()  # type: ignore[attr-defined]

    def changed_meanwhile(self) -> list[str]:
        """The fields whose stored value is another than the page showed."""
        return [name for name in self.compared() if self.shown[name] != self.present[name]]

    def recent_changes(self) -> RecentChanges:
        """The events that tell who changed the row while the page was open."""
        carried = snapshot.read(self.request)
        return RecentChanges(
            subject_of(self.instance, self.events_of), self.actor, carried.at if carried else None
        )

    def _clean_fields(self) -> None:
        super()._clean_fields()  # type: ignore[misc]
        meanwhile = set(self.changed_meanwhile())
        for name in self.compared():
            if name not in self.changed_data:
                self._keep_present(name)
            elif name in meanwhile:
                self.add_error(name, self._conflict(name))
        self._refuse_closed_fields()
        self._read_changed_fields()

    def _read_changed_fields(self) -> None:
        for name in self.changed_data:
            if name in self.readers and name not in self.errors:
                try:
                    self.cleaned_data[name] = self.readers[name](self.cleaned_data[name])
                except DomainError as refusal:
                    self.add_error(name, refusal.detail)

    def _refuse_closed_fields(self) -> None:
        """Say what the user typed into fields that the row, as it is now, has no more."""
        carried = snapshot.read(self.request)
        shown = carried.fields.get(snapshot.name_of(self.instance), {}) if carried else {}
        for name in shown.keys() & self.base_fields.keys() - self.fields.keys():
            field = self.base_fields[name]
            posted = field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
            if snapshot.differs(field, shown[name], posted):
                who, entry = self.recent_changes().by(), snapshot.in_words(field, posted)
                self.add_error(
                    None,
                    ValidationError(
                        f"“{field.label or name}” cannot be changed any more: {who or 'another person'} changed the "
                        f"{self._meta.model._meta.verbose_name} while this page was open. Your entry was “{entry}”.",
                        code=CODE,
                    ),
                )

    def _keep_present(self, name: str) -> None:
        """Clean to the stored value, and show it when the page is shown again."""
        field = self.fields[name]
        if name not in self.errors and not self._was_posted_anew(name, self.present[name]):
            return
        self.errors.pop(name, None)
        stored = self.get_initial_for_field(field, name)
        if isinstance(field, forms.ModelChoiceField) and field.queryset is not None and stored is not None:
            stored = field.queryset.model._base_manager.filter(pk=getattr(stored, "pk", stored)).first()
        self.cleaned_data[name] = stored
        field.bound_data = lambda data, initial: initial  # type: ignore[method-assign]

    def _conflict(self, name: str) -> ValidationError:
        field = self.fields[name]
        who = self.recent_changes().by({name, self.stored_as.get(name, name)})
        shown, present = (snapshot.in_words(field, each[name]) for each in (self.shown, self.present))
        return ValidationError(
            f"{who or 'Another person'} changed this from “{shown}” to “{present}” while this page was open. "
            "Save again to replace the new value with your entry.",
            code=CODE,
        )

    def _check_values(self) -> None:
        """As a ModelForm does, but uniqueness and constraints are the verb's to judge, in the domain's words."""
        left_out = self._get_validation_exclusions()  # type: ignore[attr-defined]
        parents = [name for name, field in self.fields.items() if isinstance(field, InlineForeignKeyField)]
        try:
            self.instance = construct_instance(self, self.instance, self._meta.fields, self._meta.exclude)
            self.instance.full_clean(
                exclude=left_out.union(parents), validate_unique=False, validate_constraints=False
            )
        except ValidationError as refusal:
            self._update_errors(refusal)  # type: ignore[attr-defined]

    def _post_clean(self) -> None:
        carried = snapshot.read(self.request)
        if carried is not None and not carried.readable:
            self.add_error(None, ValidationError(UNREADABLE, code=CODE))
        self._check_values()
        wanted = self.instance._state.adding or self.has_changed()
        if self.errors or not wanted or self.cleaned_data.get(DELETE):
            return
        try:
            with transaction.atomic():
                done = self.carry_out()
        except DomainError as refusal:
            show_refusal(self, refusal, self.beside)
        except ValidationError as refusal:
            self.add_error(None, refusal)
        else:
            if done is not None:
                # The admin and the form's relatives hold this instance, so it takes over what was written.
                self.instance.__dict__.update(done.__dict__)


def subject_of(row: models.Model, path: str) -> models.Model:
    """The row whose events tell of this one: itself, or the one that ``path`` leads to, as `parent__owner`."""
    return reduce(getattr, path.split("__"), row) if path else row


class NativeInput(forms.DateTimeInput):
    """The browser's own picker: it works on a phone, by keyboard and without any script."""

    supports_microseconds = False

    def __init__(self, input_type: str, label: str, form: str) -> None:
        self.input_type = input_type
        super().__init__(attrs={"class": " ".join(INPUT_CLASSES), "aria-label": label}, format=form)


class WallClockWidget(forms.MultiWidget):
    template_name = "back_office/wall_clock.html"

    def __init__(self) -> None:
        super().__init__([NativeInput("date", "Date", "%Y-%m-%d"), NativeInput("time", "Time", "%H:%M")])

    def decompress(self, value: datetime | None) -> list[Any]:
        return [value.date(), value.time().replace(second=0, microsecond=0)] if value else [None, None]


class WallClockField(forms.MultiValueField):
    """Date and time by the clock at a place that the form names: a datetime without a zone."""

    widget = WallClockWidget

    def __init__(self, **options: Any) -> None:
        fields = (
            forms.DateField(input_formats=["%Y-%m-%d"], localize=False),
            forms.TimeField(input_formats=["%H:%M", "%H:%M:%S"], localize=False),
        )
        super().__init__(fields=fields, require_all_fields=True, **options)

    def compress(self, data_list: list[Any]) -> datetime | None:
        if not data_list:
            return None
        if data_list[0].year not in YEARS:
            raise ValidationError(f"Enter a year from {YEARS[0]} to {YEARS[-1]}.", code="invalid")
        return datetime.combine(*data_list)
