"""Users, their sign-ins and one's own password in the back office."""

from typing import Any

import pytest
from django.test import Client

from accounts.enums import Role
from accounts.models import SignIn, User
from careops.core.models import Event
from tests.factories.accounts import PASSWORD, client_of, granted, make_user
from tests.factories.office import errors, office, office_of, page, said

pytestmark = pytest.mark.django_db


def form(**fields: str) -> dict[str, str]:
    return {
        "name": "Sam Example",
        "email": "Sam@Example.com",
        "role": "staff",
        "password": PASSWORD,
        **fields,
    }


def test_an_admin_makes_an_account_that_counts_as_confirmed() -> None:
    answer = office("admin").post(page(User, "add/"), form())
    user = User.objects.get(email="sam@example.com")
    assert (answer.status_code, user.role, user.email_confirmed, user.check_password(PASSWORD)) == (
        302, Role.STAFF, True, True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "beside"),
    [
        ({"email": "taken@example.com"}, {"email": ["An account with this e-mail address exists already."]}),
        ({"password": "short"}, {"password": ["This password is too short. It must contain at least 8 characters."]}),
        ({"role": "owner"}, {"role": ["Select a valid choice. owner is not one of the available choices."]}),
    ],
)  # fmt: skip
def test_refusals_stand_beside_their_fields(fields: dict[str, str], beside: dict[str, list[str]]) -> None:
    make_user(email="taken@example.com")
    assert errors(office("admin").post(page(User, "add/"), form(**fields))) == beside
    assert not User.objects.filter(name="Sam Example").exists()


def test_staff_look_at_accounts_and_change_none() -> None:
    user, browser = make_user(), office("staff")
    assert browser.post(page(user), {"name": "Other", "role": "admin", "is_active": "on"}).status_code == 403
    assert browser.post(page(User, "add/"), form()).status_code == 403
    user.refresh_from_db()
    assert user.role == Role.CLIENT


@pytest.mark.parametrize(
    "lookup", ["password__startswith=", "password__regex=", "password__gte=", "password="]
)
def test_a_list_does_not_tell_a_password_hash_letter_by_letter(lookup: str) -> None:
    start = make_user("admin").password[:9]
    staff = office("staff")

    right, wrong = (staff.get(f"{page(User)}?{lookup}{text}")["Location"] for text in (start, "zzz"))

    assert right == wrong == f"{page(User)}?e=1"


def test_a_changed_role_ends_every_sign_in() -> None:
    user = make_user(Role.STAFF)
    api, theirs = client_of(user), office_of(user)
    office("admin").post(page(user), {"name": user.name, "role": "professional", "is_active": "on"})
    user.refresh_from_db()
    assert (user.role, api.get("/api/auth/me").status_code, theirs.get("/admin/").status_code) == (
        Role.PROFESSIONAL, 401, 302,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "field"), [({"role": "staff", "is_active": "on"}, "role"), ({"role": "admin"}, "is_active")]
)
def test_the_last_admin_stays_one(fields: dict[str, str], field: str) -> None:
    admin = make_user(Role.ADMIN)
    answer = office_of(admin).post(page(admin), {"name": admin.name, **fields})
    assert errors(answer) == {field: ["This is the last active admin. Make another one first."]}
    admin.refresh_from_db()
    assert (admin.role, admin.is_active) == (Role.ADMIN, True)


def test_a_sign_in_is_ended_at_once() -> None:
    user = make_user()
    api, browser = client_of(user), office("admin")
    sign_in = SignIn.objects.get(user=user)
    answer = browser.post(page(sign_in, "do/end"), follow=True)
    assert (said(answer), api.get("/api/auth/me").status_code) == (["The device is signed out."], 401)
    assert Event.objects.filter(name="user.sign_in_ended", subject_id=user.pk).count() == 1
    assert office("staff").post(page(sign_in, "do/end")).status_code == 403


def test_sign_ins_of_one_user_are_found_from_the_users_page() -> None:
    user, browser = make_user(), office("admin")
    granted(user)
    granted(make_user())
    assert ">1 device<" in browser.get(page(user)).content.decode()
    rows = browser.get(f"{page(SignIn)}?user__id__exact={user.pk}").context["cl"].result_list
    assert [row.user for row in rows] == [user]


def change_password(browser: Client, *, old: str = PASSWORD, new: str = "another long phrase") -> Any:
    form = {"old_password": old, "new_password1": new, "new_password2": new}
    return browser.post("/admin/password_change/", form)


def test_ones_own_password_is_changed_by_the_verb_and_other_devices_end() -> None:
    user = make_user(Role.STAFF)
    here, there, api = office_of(user), office_of(user), client_of(user)
    assert here.get("/admin/password_change/").status_code == 200
    assert change_password(here).status_code == 302
    user.refresh_from_db()
    assert user.check_password("another long phrase")
    found = (
        here.get("/admin/").status_code,
        there.get("/admin/").status_code,
        api.get("/api/auth/me").status_code,
    )
    assert found == (200, 302, 401)
    assert SignIn.objects.standing().count() == 0


def test_a_wrong_or_weak_password_is_said_beside_its_field() -> None:
    browser = office("staff")
    assert errors(change_password(browser, old="wrong")) == {
        "old_password": ["This is not your present password."]
    }
    assert set(errors(change_password(browser, new="short"))) == {"new_password2"}


@pytest.mark.throttled
def test_guessing_the_old_password_is_limited() -> None:
    browser = office("staff")
    found = [errors(change_password(browser, old="wrong")).get("old_password") for _ in range(12)]
    assert found[0] == ["This is not your present password."]
    assert found[-1] == ["Too many requests. Try again later."]


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("model", [User, SignIn])
def test_lists_cost_the_same_for_any_number_of_rows(
    rows: int, model: Any, django_assert_num_queries: Any
) -> None:
    for _ in range(rows):
        granted(make_user())
    browser = office("admin")
    with django_assert_num_queries(5):
        browser.get(page(model))
