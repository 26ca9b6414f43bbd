"""Sign-up under an Idempotency-Key."""

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from tests.factories.accounts import client_with

pytestmark = pytest.mark.django_db
BODY = {"name": "Jane Doe", "email": "jane@example.com", "password": "password123", "role": "client"}
KEY = {"Idempotency-Key": "sign-up-1"}


def test_a_repeated_sign_up_answers_the_same_account_and_tokens_that_work(api: APIClient) -> None:
    first = api.post("/api/auth/register", BODY, headers=KEY)
    again = api.post("/api/auth/register", BODY, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again["Idempotent-Replay"] == "true"
    assert again.json()["user"] == first.json()["user"]
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {again.json()['token']}")
    assert api.get("/api/auth/me").status_code == 200
    assert User.objects.count() == 1


def test_a_repetition_after_the_password_changed_signs_nobody_in(api: APIClient) -> None:
    api.post("/api/auth/register", BODY, headers=KEY)
    user = User.objects.get()
    user.set_password("another password")
    user.save(update_fields=["password"])
    assert api.post("/api/auth/register", BODY, headers=KEY).status_code == 401


def test_another_body_under_the_same_key_is_refused(api: APIClient) -> None:
    api.post("/api/auth/register", BODY, headers=KEY)
    answer = api.post("/api/auth/register", {**BODY, "email": "joe@example.com"}, headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_mismatch")


def test_a_refusal_is_repeated_too(api: APIClient) -> None:
    client_with("admin")
    answers = [api.post("/api/auth/register", {**BODY, "role": "admin"}, headers=KEY) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert [answer.get("Idempotent-Replay") for answer in answers] == [None, "true"]


def test_an_admin_who_repeats_is_answered_the_user_alone() -> None:
    admin = client_with("admin")
    answers = [admin.post("/api/auth/register", BODY, headers=KEY) for _ in range(2)]
    assert [answer.json().keys() for answer in answers] == [{"user"}, {"user"}]
    assert answers[0].json() == answers[1].json()
