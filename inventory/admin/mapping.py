"""The form in which a person says what the columns of an uploaded list are."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.html import escape
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from careops.core.lists import DAY_ORDERS, MARKS, Choices, Layout
from inventory.transfer import KNOWN, TITLES

LEAVE_OUT = ("", "Leave out")
COLUMN = "column-{}"


class MappingForm(forms.Form):
    """A select for each column of the file, with the guess chosen, and where the list stands in the file."""

    sheet = forms.ChoiceField(label="Sheet", widget=UnfoldAdminSelectWidget)
    header_row = forms.IntegerField(
        label="Row with the names of the columns", min_value=1, widget=UnfoldAdminIntegerFieldWidget
    )
    decimal_mark = forms.ChoiceField(
        label="Decimal mark", required=False, widget=UnfoldAdminSelectWidget,
        choices=[("", "As the file shows it"), *((mark, f"Decimal {mark}") for mark in MARKS)],
        help_text="For numbers that are written as text, such as 1.234.",
    )  # fmt: skip
    day_order = forms.ChoiceField(
        label="Days", required=False, widget=UnfoldAdminSelectWidget,
        choices=[("", "As the file shows it"), *((order, order.replace("-", " ").capitalize()) for order in DAY_ORDERS)],
        help_text="For days that are written as text, such as 03/04/2027.",
    )  # fmt: skip

    def __init__(self, layout: Layout, choices: Choices, data: Mapping[str, Any] | None = None) -> None:
        self.layout = layout
        place = {"sheet": layout.sheet, "header_row": layout.header_row}
        marks = {"decimal_mark": choices.decimal_mark, "day_order": choices.day_order}
        super().__init__(data, initial={**place, **marks})
        sheets: Any = self.fields["sheet"]
        sheets.choices = [(sheet, sheet) for sheet in layout.sheets]
        if len(layout.sheets) == 1:
            del self.fields["sheet"]
        for index, each in enumerate(layout.places):
            samples = ", ".join(each.samples)
            self.fields[COLUMN.format(index)] = forms.ChoiceField(
                label=each.label,
                required=False,
                choices=[LEAVE_OUT, *((column.name, TITLES[column.name]) for column in KNOWN)],
                initial=each.column or each.suggestion,
                widget=UnfoldAdminSelectWidget,
                help_text=escape(f"Such as: {samples}" if samples else "Empty in the first rows."),
            )

    @property
    def place_fields(self) -> list[forms.BoundField]:
        return [
            self[name] for name in ("sheet", "header_row", "decimal_mark", "day_order") if name in self.fields
        ]

    @property
    def column_fields(self) -> list[forms.BoundField]:
        return [self[COLUMN.format(index)] for index in range(len(self.layout.places))]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        chosen: dict[str, str] = {}
        for index, each in enumerate(self.layout.places):
            column = values.get(COLUMN.format(index), "")
            if column in chosen:
                said = f"{chosen[column]} is “{TITLES[column]}” already. Leave one of them out."
                self.add_error(COLUMN.format(index), said)
            elif column:
                chosen[column] = each.label
        return values

    def choices(self) -> Choices:
        """What the person chose."""
        values = self.cleaned_data
        columns = {each.label: values[COLUMN.format(index)] for index, each in enumerate(self.layout.places)}
        mark, order = values["decimal_mark"], values["day_order"]
        return Choices(self.layout.sheet, self.layout.header_row, columns, mark, order)
