"""Providers and what belongs to them in the back office."""

from typing import Any

import pytest

from accounts.enums import Role
from bookings.models import Closure, OpeningHours, Provider, Service
from careops.core.models import Event
from tests.factories.accounts import make_user
from tests.factories.bookings import (
    make_booking,
    make_closure,
    make_provider,
    make_service,
    open_hours,
    tomorrow,
)
from tests.factories.office import errors, office, page, said

pytestmark = pytest.mark.django_db
TERMS = {
    "capacity": "2", "slot_minutes": "15", "min_notice_minutes": "0", "horizon_days": "365",
    "cancel_notice_minutes": "0",
}  # fmt: skip


def form(**fields: Any) -> dict[str, Any]:
    return {
        "name": "Studio",
        "sector": "salon",
        "time_zone": "Europe/Berlin",
        "is_active": "on",
        **TERMS,
        **fields,
    }


def inlines(**rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The three tables on a provider's page; a row with an ``id`` was there before."""
    data: dict[str, Any] = {}
    for prefix in ("services", "opening_hours", "closures"):
        given = rows.get(prefix, [])
        data[f"{prefix}-TOTAL_FORMS"] = len(given)
        data[f"{prefix}-INITIAL_FORMS"] = sum("id" in row for row in given)
        data |= {f"{prefix}-{n}-{name}": value for n, row in enumerate(given) for name, value in row.items()}
    return data


def service(**fields: Any) -> dict[str, Any]:
    numbers = {
        "duration_minutes": 30,
        "buffer_before_minutes": 0,
        "buffer_after_minutes": 0,
        "price": "10.00",
    }
    return {"name": "Cut", "is_active": "on", **numbers, **fields}


def names() -> list[str]:
    return list(Event.objects.order_by("id").values_list("name", flat=True))


def test_an_admin_makes_a_provider_by_the_verb() -> None:
    owner = make_user(Role.PROFESSIONAL)
    answer = office("admin").post(page(Provider, "add/"), form(phone="+1 555 010 0123", user=owner.pk))
    provider = Provider.objects.get()
    assert (answer.status_code, provider.phone, provider.user, provider.capacity) == (
        302,
        "+15550100123",
        owner,
        2,
    )
    assert names() == ["provider.created"]


def test_staff_change_but_do_not_make_providers() -> None:
    provider, browser = make_provider(), office("staff")
    assert browser.post(page(Provider, "add/"), form()).status_code == 403
    assert browser.post(page(provider), form(name="Other") | inlines()).status_code == 302
    provider.refresh_from_db()
    assert provider.name == "Other"
    assert names() == ["provider.updated"]


def test_what_is_wrong_stands_beside_its_field() -> None:
    answer = office("admin").post(
        page(Provider, "add/"), form(phone="12", sector="Real Estate", time_zone="Mars")
    )
    assert set(errors(answer)) == {"phone", "sector", "time_zone"}
    assert Provider.objects.count() == 0


def test_somebody_who_is_no_professional_cannot_own_a_provider() -> None:
    answer = office("admin").post(page(Provider, "add/"), form(user=make_user(Role.CLIENT).pk))
    assert set(errors(answer)) == {"user"}
    inactive = make_user(Role.PROFESSIONAL, is_active=False)
    answer = office("admin").post(page(Provider, "add/"), form(user=inactive.pk))
    assert errors(answer) == {
        "user": ["That is not the id of an active professional whom the clinic has approved."]
    }


def test_parts_are_added_changed_and_taken_away_with_their_provider() -> None:
    provider = make_provider(time_zone="Europe/Berlin")
    kept, gone = make_service(provider), make_service(provider, name="Old")
    rows = {
        "services": [
            service(id=kept.pk, name="Checkup", duration_minutes=45),
            service(id=gone.pk, name="Old", DELETE="on"),
            service(name="New"),
        ],
        "opening_hours": [{"weekday": 0, "opens": "08:00", "closes": "24:00"}],
        "closures": [
            {"starts_0": "2030-06-03", "starts_1": "00:00", "ends_0": "2030-06-04", "ends_1": "00:00", "reason": "Fair"}
        ],
    }  # fmt: skip
    answer = office("staff").post(page(provider), form(name=provider.name) | inlines(**rows))
    assert answer.status_code == 302
    assert list(Service.objects.values_list("name", "duration_minutes")) == [("Checkup", 45), ("New", 30)]
    assert [str(row) for row in OpeningHours.objects.all()] == ["Monday 08:00 to 24:00"]
    closure = Closure.objects.get()
    assert (f"{closure.starts_at:%d %H:%M}", f"{closure.ends_at:%d %H:%M}") == ("02 22:00", "03 22:00")
    assert sorted(names()) == [
        "provider.closure_added", "provider.opening_hours_added", "provider.service_added",
        "provider.service_changed", "provider.service_removed", "provider.updated",
    ]  # fmt: skip


def test_one_wrong_row_keeps_everything_as_it_was() -> None:
    provider = make_provider(name="Before")
    rows = {
        "services": [service(name="New")],
        "opening_hours": [{"weekday": 0, "opens": "12:00", "closes": "08:00"}],
    }
    answer = office("admin").post(page(provider), form(name="After") | inlines(**rows))
    formset = answer.context["inline_admin_formsets"][1].formset
    assert formset.errors == [{"closes": ["The end must lie after the start."]}]
    provider.refresh_from_db()
    assert (provider.name, Service.objects.count(), Event.objects.count()) == ("Before", 0, 0)


def test_a_closure_shows_and_keeps_the_clock_of_its_provider() -> None:
    provider = make_provider(time_zone="America/New_York")
    closure = make_closure(provider, tomorrow(12), tomorrow(20))
    browser = office("staff")
    initial = browser.get(page(closure)).context["adminform"].form.initial
    before = (closure.starts_at, closure.ends_at)
    posted = {
        "starts_0": f"{initial['starts']:%Y-%m-%d}", "starts_1": f"{initial['starts']:%H:%M}",
        "ends_0": f"{initial['ends']:%Y-%m-%d}", "ends_1": f"{initial['ends']:%H:%M}", "reason": "Other",
    }  # fmt: skip
    assert browser.post(page(closure), posted).status_code == 302
    closure.refresh_from_db()
    assert (closure.starts_at, closure.ends_at, closure.reason) == (*before, "Other")
    answer = browser.post(page(closure), {**posted, "ends_0": "2020-01-01"})
    assert errors(answer) == {"ends": ["The end must lie after the start."]}


def test_parts_have_pages_of_their_own() -> None:
    provider, browser = make_provider(), office("staff")
    made = browser.post(page(Service, "add/"), service(provider=provider.pk))
    found = Service.objects.get()
    browser.post(page(found), service(name="Colour"))
    found.refresh_from_db()
    assert (made.status_code, found.name, found.provider) == (302, "Colour", provider)
    browser.post(page(found, "delete"), {"post": "yes"})
    assert names() == ["provider.service_added", "provider.service_changed", "provider.service_removed"]


def test_a_provider_with_bookings_is_not_deleted_and_the_page_says_why() -> None:
    provider, browser = make_provider(), office("admin")
    booking = make_booking(provider)
    answer = browser.post(page(provider, "delete"), {"post": "yes"}, follow=True)
    assert said(answer) == ["The provider has bookings. Make it inactive instead."]
    assert Provider.objects.count() == 1
    booking.delete()
    assert browser.post(page(provider, "delete"), {"post": "yes"}).status_code == 302
    assert Provider.objects.count() == 0


def test_staff_may_not_delete_a_provider() -> None:
    provider = make_provider()
    assert office("staff").post(page(provider, "delete"), {"post": "yes"}).status_code == 403
    assert Provider.objects.count() == 1


def test_search_finds_providers_by_their_services() -> None:
    make_service(make_provider(name="Studio"), name="Colour")
    make_provider(name="Garage")
    rows = office("staff").get(f"{page(Provider)}?q=Colour").context["cl"].result_list
    assert [row.name for row in rows] == ["Studio"]


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(("model", "queries"), [(Provider, 6), (Service, 5), (OpeningHours, 5), (Closure, 5)])
def test_lists_cost_the_same_for_any_number_of_rows(
    rows: int, model: Any, queries: int, django_assert_num_queries: Any
) -> None:
    for _ in range(rows):
        provider = make_provider(user=make_user(Role.PROFESSIONAL))
        make_service(provider)
        open_hours(provider)
        make_closure(provider, tomorrow(1), tomorrow(2))
    browser = office("staff")
    with django_assert_num_queries(queries):
        browser.get(page(model))
