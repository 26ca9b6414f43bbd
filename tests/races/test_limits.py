"""One client sends sixty bookings in the same moment, to several providers through two servers."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest

from bookings.models import Booking, Provider
from tests.factories.accounts import granted
from tests.factories.bookings import make_client
from tests.races.clinic import slot, spread
from tests.races.conftest import serving
from tests.services.crowd import Answer, Call, at_once

CALLERS, ALLOWED, PROVIDERS = 60, 5, 6


@dataclass(frozen=True)
class Booker:
    """A client's access token, and the providers that the client wants."""

    token: str
    providers: Sequence[int]

    def calls(self, servers: Sequence[str]) -> list[Answer]:
        """Sixty bookings of as many free starts."""
        bodies = [
            {"provider_id": self.providers[n % PROVIDERS], "scheduled_at": slot(n).isoformat()}
            for n in range(CALLERS)
        ]
        return at_once(
            [
                Call(server, "POST", "/api/bookings", self.token, body)
                for server, body in zip(spread(servers, CALLERS), bodies, strict=True)
            ]
        )


@pytest.fixture
def booker(transactional_db: None) -> Booker:
    user, _ = make_client()
    made = Provider.objects.bulk_create(
        Provider(name=f"Provider {n}", sector="dentist") for n in range(PROVIDERS)
    )
    return Booker(granted(user).tokens.access, [provider.pk for provider in made])


@pytest.fixture(scope="module")
def unguarded_limits(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Two web processes that count the open bookings before the lock."""
    with serving(tmp_path_factory.mktemp("web"), "tests.races.unguarded_limits:application") as servers:
        yield [server.url for server in servers]


def test_of_sixty_bookings_of_one_client_the_limit_stands(booker: Booker, servers: Sequence[str]) -> None:
    found = Counter(answer.outcome for answer in booker.calls(servers))
    assert found == {(201, ""): ALLOWED, (409, "too_many_bookings"): CALLERS - ALLOWED}
    assert Booking.objects.count() == ALLOWED


def test_without_the_lock_more_are_booked(booker: Booker, unguarded_limits: Sequence[str]) -> None:
    booker.calls(unguarded_limits)
    assert Booking.objects.count() > ALLOWED
