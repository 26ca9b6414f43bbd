"""``docs/api.md`` names every route of the API with its methods, and no other."""

import re

import pytest

from bookings import exceptions
from tests.contract.routes import Operation, operations
from tests.services.processes import ROOT

PAGE = (ROOT / "docs" / "api.md").read_text()
NAMED = {
    Operation(route, method)
    for methods, route in re.findall(r"`((?:[A-Z]+`? ?`?)+) ?/api/([a-z_/{}-]+)`", PAGE)
    for method in re.findall(r"[A-Z]+", methods)
}


def test_every_route_is_named_with_its_methods_and_no_other() -> None:
    assert sorted(NAMED ^ set(operations())) == []


@pytest.mark.parametrize("code", sorted(exceptions.REFUSALS))
def test_every_reason_to_refuse_a_booking_is_told(code: str) -> None:
    assert f"`{code}`" in PAGE
