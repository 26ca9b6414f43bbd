"""Every page of the back office that changes something, open in two windows at once.

The pages are those that are registered: a new one is covered by itself.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.db import models
from django.test import RequestFactory
from django.utils import timezone

from accounts.enums import Role
from bookings.models import OpeningHours, Service
from careops.core.admin import BackOfficeAdmin, VerbFormSet
from careops.core.admin.changes import CODE
from careops.core.models import Event
from integrations.pms.models import ProviderLink
from inventory.models import Item, RecipeLine
from tests.core.test_admin_pages import MAKE as OBJECTS
from tests.factories.accounts import make_user
from tests.factories.bookings import make_provider
from tests.factories.forms import Tab
from tests.factories.office import office, office_of, page
from tests.factories.pms import make_integration

pytestmark = pytest.mark.django_db
MAKE: dict[Any, Any] = {
    **OBJECTS,
    ProviderLink: lambda: ProviderLink.objects.create(
        integration=make_integration(), provider=make_provider(), remote_id="1"
    ),
    OpeningHours: lambda: OpeningHours.objects.create(
        provider=make_provider(), weekday=0, opens="09:00", closes="17:00"
    ),
}
# Another service or item is another row. A factor is taken with another unit alone.
IDENTITY: dict[Any, set[str]] = {RecipeLine: {"service", "item"}, Item: {"unit", "unit_factor"}}
ASKS_THE_OUTSIDE = {"authorise"}  # its page lists what the practice's system answers


class Anybody:
    """An admin as permissions are asked of a model admin."""

    is_active, pk, role = True, 0, Role.ADMIN

    def has_perm(self, name: str, obj: Any = None) -> bool:
        from accounts.models import User

        return User(role=Role.ADMIN, is_active=True).has_perm(name, obj)


def request_of_an_admin() -> Any:
    request = RequestFactory().get("/admin/")
    request.user = Anybody()  # type: ignore[assignment]
    return request


def pages() -> Iterator[BackOfficeAdmin]:
    for page_of in admin.site._registry.values():
        assert isinstance(page_of, BackOfficeAdmin)
        yield page_of


def changeable() -> list[type[models.Model]]:
    return [each.model for each in pages() if each.has_change_permission(request_of_an_admin())]


def deletable() -> list[type[models.Model]]:
    return [each.model for each in pages() if each.has_delete_permission(request_of_an_admin())]


def sets() -> list[tuple[type[models.Model], type[models.Model]]]:
    return [(each.model, inline.model) for each in pages() for inline in each.inlines]


def with_verbs() -> list[tuple[type[models.Model], str]]:
    return [
        (each.model, verb.name)
        for each in pages()
        for verb in each.verbs
        if verb.name not in ASKS_THE_OUTSIDE
    ]


def name_of(case: Any) -> str:
    return str(getattr(getattr(case, "_meta", None), "model_name", case))


def on_page(tab: Tab, model: type[models.Model], n: int) -> dict[str, dict[str, Any]]:
    """Another value for each field of the form that the page shows, by field."""
    form = form_in(tab, model)
    names = form.fields.keys() - {"DELETE", "id"} - IDENTITY.get(model, set())
    found = {name: typed(form, name, n) for name in form.fields if name in names}
    return {name: change for name, change in found.items() if change and change.keys() <= tab.sent.keys()}


def typed(form: Any, name: str, n: int) -> dict[str, Any]:
    """The ``n``th other value for the field; nothing where the field has no other value."""
    field: Any = form.fields[name]
    kind: type[forms.Field] = type(field)
    key = form.add_prefix(name)
    shown = form[name].value()
    if field.widget.is_hidden or issubclass(kind, forms.BooleanField | forms.models.InlineForeignKeyField):
        return {}
    if issubclass(kind, forms.MultiValueField):
        return {f"{key}_1": shown.replace(minute=shown.minute + n).strftime("%H:%M")}
    if issubclass(kind, forms.ModelChoiceField):
        rows = [MAKE[field.queryset.model]().pk for _ in range(n)]
        found = set(field.queryset.filter(pk__in=rows).values_list("pk", flat=True))
        return {key: rows[-1]} if rows[-1] in found else {}
    if issubclass(kind, forms.ChoiceField):
        others = [value for value, _ in field.choices if value not in {"", shown}]
        return {key: others[n - 1]} if len(others) >= n else {}
    if issubclass(kind, forms.IntegerField | forms.DecimalField):
        return {key: (shown or 0) + n}
    if issubclass(kind, forms.DateField):
        return {key: f"0{n}/01/2040"}
    if re.fullmatch(r"\d\d:\d\d", str(shown)):
        return {key: f"{str(shown)[:3]}0{n}"}
    known = {"phone": f"+1202555014{n}", "email": f"changed{n}@example.com", "language": ("de", "fr")[n - 1]}
    known["sector"] = ("clinic", "school")[n - 1]
    return {key: known.get(name, f"changed-{n}")}


def form_in(tab: Tab, model: type[models.Model]) -> Any:
    """The form of the row of ``model``: the page's own, or the first one of a set."""
    context: Any = tab.response.context
    own = context["adminform"].form
    if own._meta.model is model:
        return own
    return next(
        each.formset.initial_forms[0]
        for each in context["inline_admin_formsets"]
        if each.formset.model is model
    )


def shown_in(tab: Tab, names: Any) -> dict[str, Any]:
    return {name: tab.sent.get(name, [""])[0] for name in names}


def same(shown: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Whether a fresh page shows what was typed; 7 stands for 7.00, and seconds may be added."""
    return all(
        re.sub(r"\.0+$", "", shown[name]).startswith(re.sub(r"\.0+$", "", str(value)))
        for name, value in wanted.items()
    )


CASES = [(model, model) for model in changeable()] + [
    (parent, model) for parent, model in sets() if model is not ProviderLink
]


def open_two(parent: type[models.Model], model: type[models.Model]) -> tuple[str, Tab, Tab]:
    row = MAKE[model]()
    if parent is not model:
        row = next(getattr(row, field.name) for field in model._meta.fields if field.related_model is parent)
    ada = office_of(make_user(Role.ADMIN, name="Ada Colleague"))
    return page(row), Tab(ada, page(row)), Tab(office("admin"), page(row))


@pytest.mark.parametrize(("parent", "model"), CASES, ids=name_of)
def test_two_people_who_change_different_fields_both_win(
    parent: type[models.Model], model: type[models.Model]
) -> None:
    path, colleague, mine = open_two(parent, model)
    changes = list(on_page(mine, model, 1).values())
    first = {name: value for change in changes[::2] for name, value in change.items()}
    second = {name: value for change in changes[1::2] for name, value in change.items()}

    answer = colleague.save(**first)
    assert answer.status_code == 302, answer.context["errors"]
    answer = mine.save(**second)

    assert answer.status_code == 302, answer.context["errors"]
    assert first
    assert same(shown_in(Tab(mine.browser, path), first | second), first | second)


@pytest.mark.parametrize(("parent", "model"), CASES, ids=name_of)
def test_the_same_field_changed_by_two_is_refused_beside_it_and_then_replaced(
    parent: type[models.Model], model: type[models.Model]
) -> None:
    path, colleague, mine = open_two(parent, model)
    first, second = on_page(mine, model, 1), on_page(mine, model, 2)
    assert second
    assert colleague.save(**{k: v for name in second for k, v in first[name].items()}).status_code == 302
    stored = Tab(mine.browser, path)

    answer = mine.save(**{k: v for change in second.values() for k, v in change.items()})

    assert answer.status_code == 200
    refused = form_in(mine, model).errors.as_data()
    codes = {name: [error.code for error in refused.get(name, [])] for name in second}
    assert codes == {name: [CODE] for name in second}
    for name in second:
        (sentence,) = refused[name][0].messages
        assert sentence.startswith("Ada Colleague on "), sentence
        assert sentence.count("“") == 2
    written = {k: v for change in second.values() for k, v in change.items()}
    assert shown_in(Tab(mine.browser, path), written) == shown_in(stored, written)
    assert shown_in(mine, written) == {name: str(value) for name, value in written.items()}
    assert mine.save().status_code == 302
    assert same(shown_in(Tab(mine.browser, path), written), written)


@pytest.mark.parametrize(("parent", "model"), sets(), ids=name_of)
def test_a_row_of_a_set_that_was_removed_meanwhile_is_said(
    parent: type[models.Model], model: type[models.Model]
) -> None:
    _, colleague, mine = open_two(parent, model)
    formset = next(
        each.formset for each in mine.response.context["inline_admin_formsets"] if each.formset.model is model
    )
    gone = f"{formset.prefix}-0-DELETE"
    assert isinstance(formset, VerbFormSet)
    before = model._default_manager.count()
    assert colleague.save(**{gone: "on"}).status_code == 302

    answer = mine.save(**{gone: "on"})

    again = next(
        each.formset for each in answer.context["inline_admin_formsets"] if each.formset.model is model
    )
    assert [error.code for error in again.non_form_errors().as_data()] == [CODE]
    assert "Ada Colleague on " in again.non_form_errors()[0]
    assert mine.save().status_code == 302
    assert model._default_manager.count() == before - 1


def disturb(row: models.Model) -> None:
    """Change a column that the pages of the row are judged by, as the worker would: without a word."""
    judged = admin.site._registry[type(row)]._fingerprints(row)  # type: ignore[attr-defined]
    for name in judged:
        column: Any = row._meta.get_field(name)
        value = getattr(row, column.attname)
        if column.primary_key or column.is_relation:
            continue
        if column.choices:
            other = next(
                choice for choice, _ in column.choices if choice not in {value, "resolved", "sending"}
            )
        elif isinstance(column, models.DateTimeField):
            other = timezone.now()
        elif isinstance(value, Decimal):
            other = value + 1
        elif isinstance(column, models.CharField):
            other = f"{value}x" if len(value) < (column.max_length or 0) else f"x{value[1:]}"
        else:
            continue
        type(row)._base_manager.filter(pk=row.pk).update(**{name: other})
        return
    raise AssertionError(row)


@pytest.mark.parametrize(("model", "verb"), with_verbs(), ids=name_of)
def test_a_button_does_not_act_on_a_row_that_has_changed_since(model: type[models.Model], verb: str) -> None:
    row, browser = MAKE[model](), office("admin")
    tab = Tab(browser, page(row, f"do/{verb}"))
    disturb(row)
    before = Event.objects.count()

    answer = browser.post(tab.path, tab.sent, follow=True)

    assert "Look at it as it is now, then decide again." in answer.content.decode()
    assert Event.objects.count() == before


@pytest.mark.parametrize("model", deletable(), ids=name_of)
def test_a_row_that_has_changed_since_is_not_deleted_unseen(model: type[models.Model]) -> None:
    row, browser = MAKE[model](), office("admin")
    tab = Tab(browser, page(row, "delete"))
    disturb(row)

    answer = browser.post(tab.path, tab.sent, follow=True)

    assert "Look at it as it is now, then decide again." in answer.content.decode()
    assert model._base_manager.filter(pk=row.pk).exists()


def test_no_list_is_edited_in_place_and_every_set_goes_through_the_verbs() -> None:
    assert [each for each in pages() if each.list_editable] == []
    assert {inline.formset.__mro__[1] for each in pages() for inline in each.inlines} == {VerbFormSet}
    assert (len(changeable()) > 10, len(sets()), Service in changeable()) == (True, 4, True)
