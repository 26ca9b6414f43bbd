"""Looking whether the integration works: what is set, whether both instances answer, what each route answers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.urls import resolve
from rest_framework.test import APIRequestFactory, force_authenticate

from accounts.enums import Role
from accounts.models import User
from integrations.nocodebackend import clients
from integrations.nocodebackend.client import number_of
from integrations.nocodebackend.errors import NoCodeBackendError
from integrations.nocodebackend.paging import Window

API = "/api/nocodebackend"
MISSING = 999_999_999_999


@dataclass(frozen=True)
class Found:
    """One thing that was looked at; ``wrong`` is a sentence, '' when it is well."""

    what: str
    said: str
    wrong: str = ""


def configuration() -> Iterator[Found]:
    """What is set. The key itself is not told."""
    config = settings.NOCODEBACKEND
    yield Found("Base URL", clients.shown_base_url())
    yield Found("API key", "set" if config["API_KEY"] else "not set")
    yield Found(
        "Referrals",
        f"table {config['REFERRALS_TABLE']} of {config['REFERRALOMSDB_INSTANCE'] or '(no instance)'}",
    )
    yield Found(
        "Uploads",
        f"table {config['UPLOADS_TABLE']} of {config['WEBSITE_UPLOADS_INSTANCE'] or '(no instance)'}",
    )
    yield Found("Calls", f"{config['CALLS_PER_10_SECONDS'] or 'any number'} in 10 seconds")


def instances() -> Iterator[Found]:
    """One row of each instance, by the client library."""
    referrals, uploads = clients.live()
    yield _read("Referral instance", lambda: referrals.window(limit=1))
    yield _read("Uploads instance", lambda: uploads.window(limit=1))


def routes() -> Iterator[Found]:
    """What each route of the wrapper answers to an admin; nothing is written by it."""
    for path, status in (
        ("status", 200), ("referrals?limit=1", 200), (f"referrals/{MISSING}", 404), ("uploads?limit=1", 200),
        (f"uploads/{MISSING}", 404), ("uploads?referral_id=ref_000000&limit=1", 200),
    ):  # fmt: skip
        yield _called("GET", path, status)
    yield _called("POST", "sync-referral", 400)


def _read(what: str, read: Callable[[], Window]) -> Found:
    try:
        rows = read().rows
    except NoCodeBackendError as error:
        return Found(what, error.code, error.sentence)
    return Found(
        what, f"answers; row {number_of(rows[0])} was read" if rows else "answers; it has no rows yet"
    )


def _called(method: str, path: str, expected: int) -> Found:
    request = getattr(APIRequestFactory(), method.lower())(f"{API}/{path}")
    force_authenticate(request, user=User(role=Role.ADMIN))
    view = resolve(request.path_info)
    response = view.func(request, *view.args, **view.kwargs)
    said = f"{response.status_code}"
    if response.status_code == expected:
        return Found(f"{method} {API}/{path}", said)
    return Found(
        f"{method} {API}/{path}", said, f"{method} {API}/{path} answers {said} instead of {expected}."
    )
