"""Forms whose validation carries the change out, so that a refusal stands beside the field it is about."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.forms.models import InlineForeignKeyField, construct_instance
from django.http import HttpRequest
from unfold.widgets import INPUT_CLASSES

from careops.core.problems import DomainError

DELETE = "DELETE"
YEARS = range(1900, 2200)  # beyond them, time zones and intervals are no longer to be reckoned with


def show_refusal(form: forms.BaseForm, refusal: DomainError, beside: Mapping[str, str]) -> None:
    """Put the refusal beside the field that ``beside`` names for its code, else the field it names itself."""
    field = beside.get(refusal.code, refusal.field.removesuffix("_id"))
    form.add_error(field if field in form.fields else None, refusal.detail)


class VerbForm(forms.ModelForm):  # type: ignore[type-arg]
    """A model's form that changes nothing by itself: once its fields are valid it calls ``carry_out``.

    ``beside`` maps the codes of refusals to fields.
    """

    request: ClassVar[HttpRequest]
    beside: ClassVar[Mapping[str, str]] = {}

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
