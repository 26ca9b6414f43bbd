"""Buttons that run a verb: on the page of an object, each with its own form where it asks for more, and on lists."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db import models
from django.db.models import QuerySet

SHOWN_REFUSALS = 5


def _always(_: Any) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class Verb:
    """A button of the back office.

    ``run`` is called with the object, the actor and the form's values by name, and raises DomainError to refuse.
    ``permission`` is Django's verb (``change``), the name of the API's action that does the same, or a whole
    permission where that action belongs to another model. ``when`` says
    for which objects the button is offered; the verb itself decides again.

    ``concerns`` names other rows that the verb would change, where these are found when it runs. The button says how
    many they are, its page lists them, and ``run`` gets the ids of those that the page listed as ``chosen``. ``done`` may
    be a sentence for what ``run`` returned.
    """

    name: str
    label: str
    run: Callable[..., Any]
    done: str | Callable[[Any], str]
    permission: str = "change"
    when: Callable[[Any], bool] = _always
    form: type[forms.Form] | None = None
    icon: str = ""
    variant: str = "default"
    note: str = ""
    on_lists: bool = False
    beside: Mapping[str, str] = field(default_factory=dict)
    concerns: Callable[[Any], QuerySet[Any]] | None = None

    def button(self, obj: Any) -> str:
        """The button's words on the page of the object."""
        return self.label if self.concerns is None else self.counting(self.concerns(obj))

    def counting(self, rows: QuerySet[Any]) -> str:
        """The button's words where it is about these rows."""
        count, meta = rows.count(), rows.model._meta
        return f"{self.label} ({count} {meta.verbose_name if count == 1 else meta.verbose_name_plural})"

    def sentence(self, obj: Any, result: Any) -> str:
        """What the page says once the verb has run and returned ``result``."""
        return self.done.format(obj) if isinstance(self.done, str) else self.done(result)

    def codename(self, model: type[models.Model]) -> str:
        """The permission as ``User.has_perm`` takes it."""
        if "." in self.permission:
            return self.permission
        opts = model._meta
        return f"{opts.app_label}.{self.permission}_{opts.model_name}"
