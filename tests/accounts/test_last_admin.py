import threading
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.exceptions import LastAdmin
from accounts.models import User
from accounts.querysets import UserQuerySet
from accounts.services.sign_ins import end_all
from tests.core.threads import at_once
from tests.factories.accounts import client_of, make_user
from tests.factories.messaging import make_contact
from tests.factories.office import office_of, page, said

DEMOTE = {"role": "staff"}
DEACTIVATE = {"is_active": False}


@pytest.mark.django_db
@pytest.mark.parametrize("change", [DEMOTE, DEACTIVATE, {**DEMOTE, **DEACTIVATE}])
def test_the_last_active_admin_stays_one(change: dict[str, Any]) -> None:
    admin = make_user("admin")
    make_user("admin", is_active=False)
    answer = client_of(admin).patch(f"/api/users/{admin.pk}", change)
    assert (answer.status_code, answer.json()["code"]) == (409, "last_admin")
    assert User.objects.filter(pk=admin.pk, role="admin", is_active=True).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("change", [DEMOTE, DEACTIVATE])
def test_one_of_two_admins_may_go(change: dict[str, Any]) -> None:
    admin, other = make_user("admin"), make_user("admin")
    assert client_of(admin).patch(f"/api/users/{other.pk}", change).status_code == 200
    assert client_of(admin).patch(f"/api/users/{admin.pk}", change).status_code == 409


@pytest.mark.django_db
def test_the_last_admin_may_change_their_name() -> None:
    admin = make_user("admin")
    answer = client_of(admin).patch(f"/api/users/{admin.pk}", {"name": "New Name", "role": "admin"})
    assert (answer.status_code, answer.json()["name"]) == (200, "New Name")


@pytest.mark.django_db
@pytest.mark.parametrize("force", ["", "?force=true"])
def test_erasing_their_contact_leaves_the_last_admin(force: str) -> None:
    admin = make_user("admin", name="Ada Admin")
    contact = make_contact(name="Ada Admin", user=admin)
    answer = client_of(admin).delete(f"/api/contacts/{contact.pk}{force}")
    assert (answer.status_code, answer.json()["code"]) == (409, "last_admin")
    contact.refresh_from_db()
    assert (contact.name, User.objects.get(pk=admin.pk).is_active) == ("Ada Admin", True)


@pytest.mark.django_db
def test_the_page_of_the_back_office_says_so_and_erases_nothing() -> None:
    admin = make_user("admin", name="Ada Admin")
    contact = make_contact(name="Ada Admin", user=admin)
    browser = office_of(admin)
    answer = browser.post(page(contact, "delete"), {"post": "yes", "force": "1"}, follow=True)
    assert said(answer) == [LastAdmin.detail]
    contact.refresh_from_db()
    assert (contact.name, User.objects.get(pk=admin.pk).is_active) == ("Ada Admin", True)


@pytest.mark.django_db
def test_of_two_admins_one_may_be_erased() -> None:
    admin, other = make_user("admin"), make_user("admin")
    contact = make_contact(user=other)
    assert client_of(admin).delete(f"/api/contacts/{contact.pk}").status_code == 204
    assert not User.objects.get(pk=other.pk).is_active


@pytest.fixture
def both_have_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each waits before its commit until the other has written too, or until it is clear that it cannot."""
    barrier = threading.Barrier(2)

    def wait(**kwargs: Any) -> int:
        try:
            barrier.wait(timeout=1)
        except threading.BrokenBarrierError:
            barrier.reset()
        return end_all(**kwargs)

    monkeypatch.setattr("accounts.services.users.end_all", wait)


def _demote_each_other() -> list[int]:
    one, two = make_user("admin"), make_user("admin")

    def demotes(client: APIClient, target: User) -> Any:
        return lambda: client.patch(f"/api/users/{target.pk}", DEMOTE).status_code

    return sorted(at_once(demotes(client_of(one), two), demotes(client_of(two), one)))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("both_have_written")
def test_of_two_who_demote_each_other_one_stays() -> None:
    statuses = _demote_each_other()
    assert statuses in ([200, 401], [200, 409])  # 401: the other was so quick that this one was signed out
    assert User.objects.filter(role="admin").count() == 1


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("both_have_written")
def test_without_the_lock_nobody_would_be_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: SQLite has one writer at a time, so it is seen on PostgreSQL only."""
    monkeypatch.setattr(UserQuerySet, "select_for_update", lambda self, **_: self)
    assert _demote_each_other() == [200, 200]
    assert User.objects.filter(role="admin").count() == 0
