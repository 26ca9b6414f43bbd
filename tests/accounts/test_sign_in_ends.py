"""What ends a sign-in ends it at once, for the access token and for the refresh token."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import SignIn, User
from accounts.services.users import update_user
from accounts.tokens import TokenPair
from careops.core.models import Event
from tests.factories.accounts import PASSWORD, client_with, granted, make_user, with_token

pytestmark = pytest.mark.django_db
NEW = "a wholly new passphrase"


def works(tokens: TokenPair) -> tuple[bool, bool]:
    """Whether the access token and the refresh token are good."""
    me = with_token(tokens.access).get("/api/auth/me").status_code
    refreshed = APIClient().post("/api/auth/refresh", {"refresh": tokens.refresh}).status_code
    assert {me, refreshed} <= {200, 401}
    return me == 200, refreshed == 200


def log_out(tokens: TokenPair, user: User) -> None:
    assert APIClient().post("/api/auth/logout", {"refresh": tokens.refresh}).status_code == 200


def log_out_by_access_token(tokens: TokenPair, user: User) -> None:
    assert with_token(tokens.access).post("/api/auth/logout").status_code == 200


def log_out_by_an_old_refresh_token(tokens: TokenPair, user: User) -> None:
    APIClient().post("/api/auth/refresh", {"refresh": tokens.refresh})
    log_out(tokens, user)


def change_the_password(tokens: TokenPair, user: User) -> None:
    body = {"old_password": PASSWORD, "new_password": NEW}
    assert with_token(tokens.access).post("/api/auth/password", body).status_code == 200


def _patched(user: User, **change: object) -> None:
    answer = client_with("admin").patch(f"/api/users/{user.pk}", change)
    assert answer.status_code == 200


def deactivate(tokens: TokenPair, user: User) -> None:
    _patched(user, is_active=False)


def change_the_role(tokens: TokenPair, user: User) -> None:
    _patched(user, role="client")


def delete(tokens: TokenPair, user: User) -> None:
    user.delete()


ENDS = [
    log_out,
    log_out_by_access_token,
    log_out_by_an_old_refresh_token,
    change_the_password,
    deactivate,
    change_the_role,
    delete,
]


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_the_tokens_end_at_once(end: Callable[[TokenPair, User], None]) -> None:
    user = make_user("professional")
    tokens = granted(user).tokens
    assert with_token(tokens.access).get("/api/auth/me").status_code == 200
    end(tokens, user)
    assert works(tokens) == (False, False)


@pytest.mark.parametrize("end", [change_the_password, deactivate, change_the_role, delete])
def test_every_device_is_signed_out(end: Callable[[TokenPair, User], None]) -> None:
    user = make_user("professional")
    tokens, phone = granted(user).tokens, granted(user).tokens
    end(tokens, user)
    assert works(phone) == (False, False)


def test_signing_out_ends_one_device_and_tells_so_once() -> None:
    user = make_user()
    tokens, phone = granted(user).tokens, granted(user).tokens
    log_out(tokens, user)
    log_out(tokens, user)
    assert works(phone) == (True, True)
    assert Event.objects.filter(name="user.signed_out", subject_id=user.pk).count() == 1


def test_signing_out_needs_a_token_of_ours(api: APIClient) -> None:
    assert api.post("/api/auth/logout").status_code == 401
    assert api.post("/api/auth/logout", {"refresh": "x.y.z"}).status_code == 401


def test_somebody_elses_devices_stay() -> None:
    user, other = make_user(), make_user()
    tokens, others = granted(user).tokens, granted(other).tokens
    change_the_password(tokens, user)
    assert works(others) == (True, True)


def test_an_account_that_comes_back_does_not_bring_its_tokens_back() -> None:
    user = make_user()
    tokens = granted(user).tokens
    update_user(user=user, actor=None, is_active=False)
    update_user(user=user, actor=None, is_active=True)
    assert works(tokens) == (False, False)
    assert SignIn.objects.get().revoked_why == "deactivated"
