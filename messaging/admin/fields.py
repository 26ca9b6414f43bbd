"""Fields that contacts and providers are edited with."""

from collections.abc import Iterable
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelect2Widget, UnfoldAdminTextInputWidget

from careops.core.zones import time_zones


class TagsField(forms.CharField):
    """Words between commas."""

    widget = UnfoldAdminTextInputWidget

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        words = value if isinstance(value, list) else (value or "").split(",")
        return [word.strip() for word in words if word.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(initial) != self.to_python(data))


class TimeZoneField(forms.ChoiceField):
    """One of the time zones that there are; ``empty`` is what none of them is called."""

    widget = UnfoldAdminSelect2Widget

    def __init__(self, *, empty: str = "", **options: Any) -> None:
        super().__init__(choices=lambda: _zones(empty), **options)


def _zones(empty: str) -> Iterable[tuple[str, str]]:
    none = [("", empty)] if empty else []
    return [*none, *((name, name) for name in sorted(time_zones()))]
