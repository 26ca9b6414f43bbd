import threading
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.db.models import F
from rest_framework.test import APIClient

from accounts.exceptions import SignInEnded
from accounts.models import SignIn
from accounts.tokens import Claims, TokenPair, new_pair
from careops.core.models import Event
from tests.core.threads import at_once
from tests.factories.accounts import granted, make_user, with_token

REFRESH = "/api/auth/refresh"


def refreshed(token: str) -> Any:
    return APIClient().post(REFRESH, {"refresh": token})


@pytest.mark.django_db
def test_a_refresh_answers_a_new_pair_that_works() -> None:
    first = granted(make_user()).tokens
    answer = refreshed(first.refresh)
    assert (answer.status_code, answer.json().keys()) == (200, {"token", "access", "refresh"})
    assert answer.json()["token"] == answer.json()["access"]
    assert with_token(answer.json()["access"]).get("/api/auth/me").status_code == 200
    assert refreshed(answer.json()["refresh"]).status_code == 200


@pytest.mark.django_db
def test_a_refresh_takes_one_statement(django_assert_num_queries: Any) -> None:
    token = granted(make_user()).tokens.refresh
    with django_assert_num_queries(1):
        assert refreshed(token).status_code == 200


@pytest.mark.django_db
def test_a_token_used_again_at_once_is_refused_and_nothing_more_happens() -> None:
    first = granted(make_user()).tokens
    second = refreshed(first.refresh).json()
    assert refreshed(first.refresh).status_code == 401
    assert refreshed(second["refresh"]).status_code == 200


@pytest.mark.django_db
def test_a_token_used_again_later_ends_the_sign_in() -> None:
    user = make_user()
    first = granted(user).tokens
    second = refreshed(first.refresh).json()
    SignIn.objects.update(rotated_at=F("rotated_at") - timedelta(seconds=11))
    assert refreshed(first.refresh).status_code == 401
    assert refreshed(second["refresh"]).status_code == 401
    assert with_token(second["access"]).get("/api/auth/me").status_code == 401
    assert SignIn.objects.get().revoked_why == "reuse"
    assert Event.objects.filter(name="user.refresh_reused", subject_id=user.pk).count() == 1


@pytest.mark.django_db
def test_a_token_from_before_the_last_but_one_ends_the_sign_in_at_once() -> None:
    first = granted(make_user()).tokens
    second = refreshed(first.refresh).json()
    third = refreshed(second["refresh"]).json()
    assert refreshed(first.refresh).status_code == 401
    assert refreshed(third["refresh"]).status_code == 401


@pytest.mark.django_db
def test_a_reuse_leaves_the_other_devices_alone() -> None:
    user = make_user()
    first, phone = granted(user).tokens, granted(user).tokens
    refreshed(first.refresh)
    SignIn.objects.update(rotated_at=F("rotated_at") - timedelta(seconds=11))
    refreshed(first.refresh)
    assert refreshed(phone.refresh).status_code == 200


@pytest.mark.django_db
def test_a_token_with_another_jti_is_taken_for_a_reuse() -> None:
    claims = jwt.decode(granted(make_user()).tokens.refresh, options={"verify_signature": False})
    forged = jwt.encode({**claims, "jti": "' OR 1=1 --"}, settings.JWT_SECRET_KEY, algorithm="HS256")
    assert refreshed(forged).status_code == 401
    assert SignIn.objects.get().revoked_why == "reuse"


def _statuses_of_eight(token: str) -> list[int]:
    return sorted(at_once(*[lambda: refreshed(token).status_code] * 8))


@pytest.mark.django_db(transaction=True)
def test_of_eight_refreshes_at_once_one_wins() -> None:
    for _ in range(5):
        token = granted(make_user()).tokens.refresh
        assert _statuses_of_eight(token) == [200] + [401] * 7
    assert SignIn.objects.filter(revoked_at__isnull=False).count() == 0


@pytest.mark.django_db(transaction=True)
def test_looking_before_writing_would_let_many_win(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the test above: it sees the race when the guard is off."""
    all_have_looked = threading.Barrier(8, timeout=30)

    def look_then_write(*, claims: Claims) -> TokenPair:
        sign_in = SignIn.objects.get(pk=claims.sign_in_id)
        if sign_in.refresh_jti != claims.jti:
            raise SignInEnded
        all_have_looked.wait()
        SignIn.objects.filter(pk=sign_in.pk).update(previous_jti=claims.jti, refresh_jti="another")
        return new_pair(sign_in)

    monkeypatch.setattr("accounts.views.refresh", look_then_write)
    assert _statuses_of_eight(granted(make_user()).tokens.refresh) == [200] * 8
