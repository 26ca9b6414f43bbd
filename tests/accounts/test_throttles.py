"""The limits on sign-in, sign-up and account mails, with the clock standing still."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import override_settings
from rest_framework.test import APIClient

from accounts.models import AccountMail
from accounts.tasks import deliver_account_mail
from tests.factories.accounts import PASSWORD, client_of, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.throttled]


@pytest.fixture(autouse=True)
def _clock_stands_still() -> Iterator[None]:
    with time_machine.travel("2030-05-06T10:00:10Z", tick=False):
        yield


def login(email: str, password: str = PASSWORD, *, address: str = "198.51.100.1", **headers: str) -> Any:
    body = {"email": email, "password": password}
    return APIClient(REMOTE_ADDR=address).post("/api/auth/login", body, headers=headers)


def statuses(answers: list[Any]) -> list[int]:
    return [answer.status_code for answer in answers]


def test_one_address_gets_five_tries_a_minute() -> None:
    answers = [login(f"nobody{n}@example.com", "wrong") for n in range(50)]
    assert statuses(answers) == [401] * 5 + [429] * 45
    assert (answers[-1].json()["code"], answers[-1]["Retry-After"]) == ("throttled", "50")
    with time_machine.travel("2030-05-06T10:01:00Z", tick=False):
        assert login("nobody@example.com", "wrong").status_code == 401


def test_one_account_gets_five_tries_a_minute_from_all_strangers_together() -> None:
    user = make_user()
    answers = [login(user.email.upper(), "wrong", address=f"198.51.100.{n}") for n in range(50)]
    assert statuses(answers) == [401] * 5 + [429] * 45


def test_an_unknown_account_is_limited_just_the_same() -> None:
    answers = [login("nobody@example.com", "wrong", address=f"198.51.100.{n}") for n in range(7)]
    assert statuses(answers) == [401] * 5 + [429] * 2


def test_a_limited_try_is_not_hashed(hashed: list[str]) -> None:
    user = make_user()
    for _ in range(5):
        login(user.email, "wrong")
    hashed.clear()
    assert login(user.email).status_code == 429
    assert hashed == []


def test_failing_elsewhere_does_not_lock_out_an_address_that_signed_in_well() -> None:
    user = make_user()
    assert login(user.email, address="203.0.113.7").status_code == 200
    with time_machine.travel("2030-05-20T10:00:10Z", tick=False):
        attack = [login(user.email, "wrong", address=f"198.51.100.{n}") for n in range(10)]
        assert statuses(attack)[-1] == 429
        assert login(user.email, address="198.51.100.99").status_code == 429
        assert login(user.email, address="203.0.113.7").status_code == 200


def test_others_at_the_same_address_do_not_lock_out_who_signed_in_well() -> None:
    user = make_user()
    assert login(user.email).status_code == 200
    assert statuses([login(f"nobody{n}@example.com", "wrong") for n in range(6)])[-1] == 429
    assert login(user.email).status_code == 200


def test_an_address_that_signed_in_well_has_a_limit_too() -> None:
    user = make_user()
    login(user.email)
    assert statuses([login(user.email, "wrong") for _ in range(7)]) == [401] * 5 + [429] * 2


def test_trust_ends_after_thirty_days() -> None:
    user = make_user()
    login(user.email, address="203.0.113.7")
    with time_machine.travel("2030-06-06T10:00:10Z", tick=False):
        for n in range(6):
            login(user.email, "wrong", address=f"198.51.100.{n}")
        assert login(user.email, address="203.0.113.7").status_code == 429


def test_a_forwarded_address_is_not_believed_without_a_proxy() -> None:
    answers = [
        login(f"nobody{n}@example.com", "wrong", **{"X-Forwarded-For": f"203.0.113.{n}"}) for n in range(6)
    ]
    assert statuses(answers) == [401] * 5 + [429]


@override_settings(NUM_PROXIES=1)
def test_behind_a_proxy_only_the_last_forwarded_address_counts() -> None:
    answers = [
        login(f"nobody{n}@example.com", "wrong", **{"X-Forwarded-For": f"203.0.113.{n}, 198.51.100.20"})
        for n in range(6)
    ]
    assert statuses(answers) == [401] * 5 + [429]
    other = login("nobody@example.com", "wrong", **{"X-Forwarded-For": "198.51.100.21"})
    assert other.status_code == 401


def test_a_present_password_cannot_be_guessed_with_a_stolen_token() -> None:
    client = client_of(make_user())
    guess = {"old_password": "wrong", "new_password": "a wholly new passphrase"}
    answers = [client.post("/api/auth/password", guess) for _ in range(7)]
    assert statuses(answers) == [400] * 5 + [429] * 2


def test_one_address_signs_up_ten_times_an_hour_whatever_comes_of_it() -> None:
    def sign_up(n: int) -> Any:
        body = {"name": "Jane Doe", "email": f"jane{n % 6}@example.com", "password": "password123"}
        return APIClient(REMOTE_ADDR="198.51.100.1").post("/api/auth/register", body)

    answers = [sign_up(n) for n in range(12)]
    assert statuses(answers) == [201] * 6 + [400] * 4 + [429] * 2


def test_an_admin_may_make_many_accounts() -> None:
    admin = client_of(make_user("admin"))
    body = {"name": "Jane Doe", "password": "password123"}
    answers = [admin.post("/api/auth/register", {**body, "email": f"jane{n}@example.com"}) for n in range(12)]
    assert statuses(answers) == [201] * 12


def test_one_account_is_mailed_five_times_an_hour_and_the_answer_does_not_tell() -> None:
    user = make_user()

    def reset(email: str, n: int) -> Any:
        client = APIClient(REMOTE_ADDR=f"198.51.100.{n}")
        return client.post(
            "/api/auth/password/reset", {"email": email}, headers={"X-Request-ID": "same-id-1"}
        )

    known = [reset(user.email, n) for n in range(8)]
    unknown = [reset("nobody@example.com", n) for n in range(8)]
    assert {answer.content for answer in known} == {answer.content for answer in unknown}
    assert statuses(known) == statuses(unknown) == [202] * 8
    deliver_account_mail()
    assert AccountMail.objects.filter(user=user).count() == 5


def test_one_address_asks_for_five_mails_an_hour() -> None:
    client = APIClient(REMOTE_ADDR="198.51.100.1")
    answers = [client.post("/api/auth/password/reset", {"email": f"nobody{n}@example.com"}) for n in range(7)]
    assert statuses(answers) == [202] * 5 + [429] * 2


@pytest.mark.parametrize("headers", [{}, {"If-Match": "*"}])
def test_an_account_tries_five_new_addresses_an_hour_taken_ones_included(headers: dict[str, str]) -> None:
    user, taken = make_user(), make_user().email
    client = client_of(user)

    def move(email: str) -> Any:
        return client.patch("/api/auth/me", {"email": email}, headers=headers)

    same = [move(f" {user.email.upper()} ") for _ in range(7)]
    answers = [move(email) for email in [taken] * 3 + [f"moved{n}@example.com" for n in range(4)]]
    renamed = client.patch("/api/auth/me", {"name": "Jane Roe"})

    assert statuses(same) == [200] * 7
    assert statuses(answers) == [400] * 3 + [200] * 2 + [429] * 2
    assert AccountMail.objects.filter(user=user).count() == 2
    assert renamed.status_code == 200


def test_the_confirming_mail_is_limited_for_the_address_and_silently_for_the_account() -> None:
    user = make_user(email_confirmed_at=None)
    client = client_of(user)
    answers = [client.post("/api/auth/email/resend", REMOTE_ADDR=f"198.51.100.{n % 4}") for n in range(8)]
    assert statuses(answers) == [202] * 8
    deliver_account_mail()
    assert AccountMail.objects.filter(user=user).count() == 5
    again = [client.post("/api/auth/email/resend", REMOTE_ADDR="198.51.100.0") for _ in range(4)]
    assert statuses(again) == [202] * 3 + [429]
