"""The examples of ``docs/inventory.md`` are true: played one after the other, they answer what the page says."""

import json
import re
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.enums import Role
from inventory.models import Item
from inventory.transfer.columns import WORDS
from tests.factories.accounts import client_with
from tests.factories.bookings import make_booking, make_provider, make_service
from tests.inventory.lists import values
from tests.inventory.visits import complete
from tests.services.processes import ROOT

COLUMN = re.compile(r"^\| `([a-z_]+)` \| ([a-z, ]+) \| .* \|$", re.MULTILINE)
PAGE = (ROOT / "docs" / "inventory.md").read_text()
EXAMPLE = re.compile(
    r"^```\n([A-Z]+) (\S+)\n(?:(\{.*?\})\n)?(\d{3}) (\{.*?\})\n```$", re.MULTILINE | re.DOTALL
)
NOT_ALIKE = {
    "id",
    "item_id",
    "lot_id",
    "actor_id",
    "booking_id",
    "subject_id",
    "at",
    "created_at",
    "updated_at",
}


def alike(told: Any, answered: Any) -> Any:
    """The part of the answer that the page tells, where what differs each time is as told."""
    match told, answered:
        case dict(), dict():
            return {
                name: value if name in NOT_ALIKE and name in answered else alike(value, answered.get(name))
                for name, value in told.items()
            }
        case list(), list():
            return [alike(*pair) for pair in zip(told, answered, strict=False)] + answered[len(told) :]
    return answered


@pytest.mark.django_db
def test_the_examples_answer_what_the_page_says() -> None:
    admin: APIClient = client_with(Role.ADMIN)
    service = make_service(make_provider())
    booking = make_booking(service.provider, service_id=service.pk)
    examples = EXAMPLE.findall(PAGE)
    assert len(examples) == PAGE.count("\n```\n") // 2 == 9
    for method, path, body, status, told in examples:
        here = path.replace(
            "providers/4/services/9", f"providers/{service.provider_id}/services/{service.pk}"
        )
        for item in Item.objects.all():
            here = here.replace("inventory/7", f"inventory/{item.pk}")
            body = body.replace('"item_id": 7', f'"item_id": {item.pk}')
        if "booking_id=41" in here:
            complete(booking)
            here = here.replace("41", str(booking.pk))
        answer = admin.generic(method, here, body, content_type="application/json")
        said = answer.json()
        assert (path, answer.status_code, alike(json.loads(told), said)) == (
            path,
            int(status),
            json.loads(told),
        )


def test_the_columns_of_a_list_are_those_that_are_understood() -> None:
    told = {column: tuple(names.split(", ")) for column, names in COLUMN.findall(PAGE) if column in WORDS}
    assert told == WORDS


def test_the_list_on_the_page_is_read() -> None:
    lines = re.findall(r"^    (.*,.*)$", PAGE.split("## Import and export")[1], re.MULTILINE)
    assert [row["sku"] for row in values("\n".join(lines).encode())] == ["GLV-100", "GEL-02"]
