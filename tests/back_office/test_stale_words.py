"""What a refused field says was stored meanwhile: in the words in which the page itself shows it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import RequestFactory

from accounts.models import User
from bookings.models import Closure, OpeningHours
from careops.core.admin import BackOfficeAdmin, VerbForm
from messaging.models import MessageTemplate
from tests.factories.accounts import make_user
from tests.factories.bookings import make_closure, make_provider
from tests.factories.forms import Tab
from tests.factories.inventory import make_item, make_lot
from tests.factories.messaging import make_contact
from tests.factories.office import errors, office, page
from tests.factories.referrals import make_referral

pytestmark = pytest.mark.django_db


@dataclass
class Case:
    """A row, what a colleague stores in it, what is typed into the page, and both values as the page shows them."""

    make: Callable[[], Model]
    stored: dict[str, Any]
    typed: dict[str, str]
    field: str
    old: str
    new: str


def hours() -> OpeningHours:
    return OpeningHours.objects.create(provider=make_provider(), weekday=0, opens="09:00", closes="17:00")


def closure() -> Closure:
    return make_closure(
        make_provider(), datetime(2030, 1, 1, 9, tzinfo=UTC), datetime(2030, 1, 1, 17, tzinfo=UTC)
    )


def template() -> MessageTemplate:
    return MessageTemplate.objects.create(key="welcome", channel="email", subject="Hello", body="Welcome")


CASES = {
    "a number's label": Case(
        hours, {"weekday": 2}, {"weekday": "4"}, "weekday", "Monday", "Wednesday"
    ),
    "a key's label": Case(
        lambda: make_user("client"), {"role": "staff"}, {"role": "professional"}, "role", "Client", "Staff"
    ),
    "another key's label": Case(
        make_referral, {"urgency": "soon"}, {"urgency": "urgent"}, "urgency", "Routine", "Soon"
    ),
    "the label of none": Case(
        make_contact, {"time_zone": "Europe/Berlin"}, {"time_zone": "Asia/Tokyo"}, "time_zone",
        "As the provider's", "Europe/Berlin",
    ),
    "a day": Case(
        lambda: make_lot(make_item(), expires_on=date(2030, 1, 31)), {"expires_on": date(2030, 2, 28)},
        {"expires_on": "2030-03-31"}, "expires_on", "2030-01-31", "2030-02-28",
    ),
    "a day and a time": Case(
        closure, {"starts_at": datetime(2030, 1, 1, 10, 30, tzinfo=UTC)}, {"starts_1": "11:00"}, "starts",
        "2030-01-01 09:00", "2030-01-01 10:30",
    ),
    "money": Case(
        lambda: make_item(cost=Decimal("4.90")), {"cost": Decimal(5)}, {"cost": "6"}, "cost", "4.90", "5.00"
    ),
    "an amount": Case(
        lambda: make_item(low_stock_threshold=4), {"low_stock_threshold": Decimal("4.5")},
        {"low_stock_threshold": "6"}, "low_stock_threshold", "4", "4.5",
    ),
    "words between commas": Case(
        lambda: make_contact(tags=["vip"]), {"tags": ["vip", "late"]}, {"tags": "new"}, "tags", "vip", "vip, late"
    ),
    "a text": Case(make_contact, {"notes": "Prefers mornings"}, {"notes": "x"}, "notes", "empty", "Prefers mornings"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_refused_field_says_it_as_the_page_does(case: Case) -> None:
    row = case.make()
    tab = Tab(office("admin"), page(row))
    type(row)._base_manager.filter(pk=row.pk).update(**case.stored)

    answer = tab.save(**case.typed)

    (refusal,) = errors(answer)[case.field]
    assert f" changed this from “{case.old}” to “{case.new}” while this page was open." in refusal


def test_a_chosen_object_is_named_as_its_field_names_it() -> None:
    provider, (old, new, third) = make_provider(), [make_user("professional") for _ in range(3)]
    type(provider).objects.filter(pk=provider.pk).update(user=old)
    tab = Tab(office("admin"), page(provider))
    shown: Any = admin.site._registry[type(provider)].get_form(_request(), provider).base_fields["user"]
    type(provider).objects.filter(pk=provider.pk).update(user=new)

    (refusal,) = errors(tab.save(user=third.pk))["user"]

    assert f"from “{shown.label_from_instance(old)}” to “{shown.label_from_instance(new)}”" in refusal


def test_a_typed_row_that_is_gone_is_told_with_labels() -> None:
    provider = make_provider()
    row = OpeningHours.objects.create(provider=provider, weekday=0, opens="09:00", closes="17:00")
    tab = Tab(office("admin"), page(provider))
    row.delete()
    (name,) = [name for name in tab.sent if name.endswith("-0-weekday")]

    answer = tab.save(**{name: "4"})

    assert "Your entries in those rows were: Weekday: Friday." in answer.content.decode()


def test_no_form_has_a_kind_of_field_that_is_not_shown_here() -> None:
    """Many values, for one, would need words of their own."""
    kinds = set()
    for model, pages in admin.site._registry.items():
        if isinstance(pages, BackOfficeAdmin) and pages.form is not VerbForm:
            forms: list[Any] = [pages.get_form(_request())]
            forms += [
                inline.get_formset(_request()).form
                for inline in pages.get_inline_instances(_request(), model())
            ]
            verbs = [form for form in forms if issubclass(form, VerbForm)]
            kinds |= {type(field).__name__ for form in verbs for field in form.base_fields.values()}
    assert kinds == {
        "BooleanField", "CharField", "ChoiceField", "DateField", "DecimalField", "EmailField", "IntegerField",
        "ObjectField", "TagsField", "TimeZoneField", "TypedChoiceField", "WallClockField",
    }  # fmt: skip


def _request() -> Any:
    request = RequestFactory().get("/")
    request.user = User(pk=1, role="admin")
    return request
