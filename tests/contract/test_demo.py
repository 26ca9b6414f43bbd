"""The demo clinic leaves room for the README's walk, on whatever day it is made, and says itself once."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from re import findall
from typing import Any

import pytest
import time_machine
from django.core.management import call_command

from accounts.enums import Role
from accounts.models import User
from bookings.models import Booking, Provider
from careops.core.models import Event
from connections.invariants import INVARIANTS
from connections.models import Referral, ReferralFile
from connections.services.files import open_file
from messaging.models import Contact
from tests.factories.accounts import client_with
from tests.services.processes import ROOT

pytestmark = pytest.mark.django_db
README = (Path(ROOT) / "README.md").read_text()
TIMES = sorted(set(findall(r"\$\{DAY\}T(\d\d:\d\d):00", README)))
DAYS = [date(2027, 6, 7) + timedelta(days=n) for n in range(7)]


def starts_on(day: date) -> list[str]:
    """The free starts of the first provider, on the clock at its door: New York, in summer."""
    first = Provider.objects.order_by("pk")[0].pk
    found: Any = (
        client_with(Role.CLIENT)
        .get(f"/api/providers/{first}/slots", {"from": f"{day}", "to": f"{day}"})
        .json()
    )
    assert found["time_zone"] == "America/New_York"
    there = [datetime.fromisoformat(slot["starts_at"]) - timedelta(hours=4) for slot in found["slots"]]
    return [f"{start:%H:%M}" for start in there]


@pytest.mark.any_engine
@pytest.mark.parametrize("today", DAYS, ids=[f"{day:%A}" for day in DAYS])
def test_the_times_of_the_readmes_walk_are_free(today: date) -> None:
    monday = today + timedelta(days=7 - today.weekday())
    with time_machine.travel(datetime(today.year, today.month, today.day, 15, tzinfo=UTC), tick=False):
        call_command("demo", stdout=StringIO())
        assert [time for time in TIMES if time not in starts_on(monday)] == []


def test_making_it_again_adds_nothing() -> None:
    call_command("demo", stdout=StringIO())
    kinds = (User, Contact, Booking, Referral, ReferralFile, Event)
    counted = [kind.objects.count() for kind in kinds]
    call_command("demo", stdout=StringIO())
    assert [kind.objects.count() for kind in kinds] == counted


def test_some_were_referred_in_several_states_and_one_with_a_letter() -> None:
    call_command("demo", stdout=StringIO())
    states = Referral.objects.order_by("pk").values_list("status", flat=True)
    assert list(states) == ["open", "accepted", "booked", "completed", "declined"]
    file = ReferralFile.objects.get()
    with open_file(file) as content:
        assert (file.name, content.read(8)) == ("Letter of referral.pdf", b"%PDF-1.4")
    assert [sentence for rule in INVARIANTS for sentence in rule()] == []


def test_the_demos_client_is_the_contact_with_that_address() -> None:
    call_command("demo", stdout=StringIO())
    client = Contact.objects.get(email="client@example.com")
    assert client.phone == "+15550100101"
    assert client.user is not None
    assert client.user.email == "client@example.com"
