"""Choosing an object by typing a part of its name."""

import re
from collections.abc import Callable
from typing import Any

from django import forms
from django.db import models
from django.urls import reverse_lazy
from unfold.widgets import UnfoldAdminAutocompleteModelChoiceFieldWidget

PK = re.compile(r"[1-9][0-9]{0,17}")


class ChoiceWidget(UnfoldAdminAutocompleteModelChoiceFieldWidget):
    """Holds only the option that is chosen; the others come while somebody types."""

    def optgroups(self, name: str, value: list[Any], attrs: dict[str, Any] | None = None) -> list[Any]:
        field: ObjectField = self.choices.field
        chosen = [int(each) for each in value if PK.fullmatch(str(each))][:1]
        found = field.rows.filter(pk__in=chosen) if chosen else []
        options = [("", ""), *((obj.pk, field.label_from_instance(obj)) for obj in found)]
        return [
            (None, [self.create_option(name, pk, label, pk != "" or not chosen, index, attrs=attrs)], index)
            for index, (pk, label) in enumerate(options)
        ]


class ObjectField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One object of ``rows``, found through the choices page of its admin and read as ``label_of`` says."""

    widget = ChoiceWidget

    def __init__(
        self, rows: "models.QuerySet[Any]", *, label_of: Callable[[Any], str], **options: Any
    ) -> None:
        self.label_of, self.rows = label_of, rows
        super().__init__(queryset=rows, **options)
        opts = rows.model._meta
        url = reverse_lazy(f"admin:{opts.app_label}_{opts.model_name}_choices")
        self.widget.attrs["data-ajax--url"] = url

    def label_from_instance(self, obj: Any) -> str:
        return self.label_of(obj)
