"""Tables of related rows on an object's page."""

from typing import Any

from django.http import HttpRequest
from unfold.admin import TabularInline

from careops.core.admin.forms import VerbForm
from careops.core.admin.formsets import VerbFormSet


class VerbInline(TabularInline):
    form = VerbForm
    formset = VerbFormSet
    extra = 0
    tab = True
    hide_title = True

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        made = super().get_formset(request, obj, **kwargs)
        made.request = made.form.request = request  # both classes are made anew for each request
        return made
