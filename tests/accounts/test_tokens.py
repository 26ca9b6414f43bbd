"""Tokens that somebody made, changed or sent where they do not belong. Each is a 401, none is a fault."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
import time_machine
from django.conf import settings
from rest_framework.test import APIClient

from accounts.models import SignIn, User
from careops.core import clock
from tests.factories.accounts import granted, make_user, with_token

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:The HMAC key is"),  # a forger's keys are short
]


@pytest.fixture
def user() -> User:
    return make_user()


@pytest.fixture
def forged(user: User) -> Callable[..., str]:
    """A token like ours, signed with our key unless told otherwise, with some claims replaced."""
    access = granted(user).tokens.access
    genuine = jwt.decode(access, options={"verify_signature": False})

    def forge(
        key: str = settings.JWT_SECRET_KEY, algorithm: str = "HS256", headers: Any = None, **claims: Any
    ) -> str:
        payload = {name: value for name, value in {**genuine, **claims}.items() if value != "absent"}
        return jwt.encode(payload, key, algorithm=algorithm, headers=headers)

    return forge


def status_of(token: str) -> int:
    answer = with_token(token).get("/api/auth/me")
    if answer.status_code == 401:
        assert answer["Content-Type"] == "application/problem+json"
        assert answer["WWW-Authenticate"] == 'Bearer realm="api"'
        assert answer.json()["code"] == "not_authenticated"
    return answer.status_code


def test_the_forger_can_make_a_good_one(forged: Callable[..., str]) -> None:
    assert status_of(forged()) == 200


@pytest.mark.parametrize(
    "claim",
    [
        {"user_id": ["1"]},
        {"user_id": True},
        {"user_id": None},
        {"user_id": 1.0},
        {"user_id": {"id": 1}},
        {"user_id": "1 OR 1=1"},
        {"user_id": "-1"},
        {"user_id": "٣"},
        {"user_id": "9" * 400},
        {"user_id": 10**30},
        {"user_id": "absent"},
        {"sid": "absent"},
        {"sid": None},
        {"sid": 7},
        {"sid": ["x"]},
        {"sid": "' OR 1=1 --"},
        {"sid": str(uuid.uuid4())},
        {"aud": "another-api"},
        {"aud": "absent"},
        {"aud": 5},
        {"iss": "somebody"},
        {"iss": "absent"},
        {"exp": 1_000_000_000},
        {"exp": "absent"},
        {"exp": "soon"},
        {"exp": 10**30},
        {"exp": ["soon"]},
        {"nbf": 99_999_999_999},
        {"token_type": "refresh"},
        {"token_type": "absent"},
        {"token_type": ["access"]},
        {"jti": "absent"},
        {"jti": 5},
    ],
)
def test_a_wrong_claim_is_refused_even_when_it_is_signed(
    forged: Callable[..., str], claim: dict[str, Any]
) -> None:
    assert status_of(forged(**claim)) == 401


def test_another_users_sign_in_is_refused(forged: Callable[..., str]) -> None:
    other = make_user()
    assert status_of(forged(user_id=str(other.pk))) == 401


@pytest.mark.parametrize("key", ["secret", "changeme", "django-insecure", "x" * 50])
def test_a_signature_with_a_guessed_key_is_refused(forged: Callable[..., str], key: str) -> None:
    assert status_of(forged(key=key)) == 401


def test_an_unsigned_token_is_refused(forged: Callable[..., str]) -> None:
    assert status_of(forged(key="", algorithm="none")) == 401


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_is_refused(forged: Callable[..., str], algorithm: str) -> None:
    assert status_of(forged(algorithm=algorithm)) == 401


@pytest.mark.parametrize(
    "headers", [{"kid": "../../dev/null"}, {"jku": "http://127.0.0.1:9/keys"}, {"x5u": "file:///etc/passwd"}]
)
def test_a_key_that_the_token_names_itself_is_not_used(forged: Callable[..., str], headers: Any) -> None:
    assert status_of(forged(key="chosen by somebody else", headers=headers)) == 401


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer a b",
        "Bearer ...",
        "Bearer " + "[" * 1500,
        "Bearer " + "e30." * 400,
        "Bearer " + "x" * 100_000,
        "Bearer \u00ff\u00fe",
        "Basic YWRhOnNlY3JldA==",
        "Token abc",
        "null",
    ],
)
def test_a_header_that_is_none_is_refused(api: APIClient, header: str) -> None:
    api.credentials(HTTP_AUTHORIZATION=header)
    assert api.get("/api/auth/me").status_code == 401


def test_no_header_is_refused(api: APIClient) -> None:
    answer = api.get("/api/auth/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


def test_each_token_is_good_for_its_own_purpose_only(api: APIClient, user: User) -> None:
    tokens = granted(user).tokens
    assert status_of(tokens.refresh) == 401
    assert api.post("/api/auth/refresh", {"refresh": tokens.access}).status_code == 401
    assert status_of(tokens.access) == 200


def test_an_access_token_lasts_thirty_minutes(user: User) -> None:
    token = granted(user).tokens.access
    with time_machine.travel(clock.now() + timedelta(minutes=29), tick=False):
        assert status_of(token) == 200
    with time_machine.travel(clock.now() + timedelta(minutes=31), tick=False):
        assert status_of(token) == 401


def test_a_refresh_token_lasts_seven_days(api: APIClient, user: User) -> None:
    token = granted(user).tokens.refresh
    with time_machine.travel(clock.now() + timedelta(days=7, minutes=1), tick=False):
        assert api.post("/api/auth/refresh", {"refresh": token}).status_code == 401
    with time_machine.travel(clock.now() + timedelta(days=6), tick=False):
        assert api.post("/api/auth/refresh", {"refresh": token}).status_code == 200


@pytest.mark.parametrize(
    "refresh", ["", "x", "a.b.c", "[" * 1900, "x" * 5000, None, 5, ["x"], {"a": 1}, "\u00e9.\u00e9.\u00e9"]
)
def test_a_refresh_token_that_is_none_is_refused(api: APIClient, refresh: Any) -> None:
    assert api.post("/api/auth/refresh", {"refresh": refresh}).status_code in {400, 401}
    assert SignIn.objects.count() == 0
