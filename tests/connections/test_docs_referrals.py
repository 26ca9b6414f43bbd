"""The examples of the referrals in ``docs/connections.md`` are true: played in order, they answer what the page says."""

import json
import re
from typing import Any

import pytest

from connections.enums import REFERRAL_MOVES, ReferralStatus
from connections.models import Referral
from tests.connections.referrals import Scene, upload
from tests.services.processes import ROOT

PAGE = (ROOT / "docs" / "connections.md").read_text().partition("\n## Referrals\n")[2].partition("\n## ")[0]
EXAMPLE = re.compile(
    r"^```\n([A-Z]+) (\S+)\n(?:(\{.*?\})\n)?(\d{3}) (\{.*?\})\n```$", re.MULTILINE | re.DOTALL
)
DIFFERS = {"id", "reference", "booking_id"}


def alike(told: Any, answered: Any) -> Any:
    """The part of the answer that the page tells, where what differs each time is as told."""
    match told, answered:
        case dict(), dict():
            return {
                name: value if name in DIFFERS and answered[name] else alike(value, answered.get(name))
                for name, value in told.items()
            }
        case list(), list():
            return [alike(*pair) for pair in zip(told, answered, strict=True)]
    return answered


@pytest.mark.django_db
def test_the_examples_answer_what_the_page_says(scene: Scene) -> None:
    examples = EXAMPLE.findall(PAGE)
    assert len(examples) == PAGE.count("\n```\n") // 2 == 4
    numbers = {
        '"client_id": 12': f'"client_id": {scene.client.pk}',
        '"contact_id": 31': f'"contact_id": {scene.contact.pk}',
        '"from_professional_id": 4': f'"from_professional_id": {scene.sender.pk}',
        '"to_professional_id": 5': f'"to_professional_id": {scene.receiver.pk}',
        '"provider_id": 8': f'"provider_id": {scene.provider.pk}',
    }
    for method, path, body, status, told in examples:
        for here, there in numbers.items():
            body, told = body.replace(here, there), told.replace(here, there)
        for referral in Referral.objects.all():
            path = path.replace("referrals/123", f"referrals/{referral.pk}")
            if path.endswith("/files"):
                upload(scene.api("receiver"), referral)
        who = "sender" if method == "POST" and path == "/api/referrals" else "receiver"
        answer = scene.api(who).generic(method, path, body, content_type="application/json")

        said = json.loads(told)
        assert (path, answer.status_code, alike(said, answer.json())) == (path, int(status), said)


def test_the_table_of_moves_is_the_codes() -> None:
    told = {
        (before, after)
        for left, right in re.findall(
            r"^\| ((?:`\w+`(?:, )?)+) \| ((?:`\w+`(?:, )?)+) \| ", PAGE, re.MULTILINE
        )
        for before in re.findall(r"\w+", left)
        for after in re.findall(r"\w+", right)
        if before in ReferralStatus.values
    }
    assert told == {(before, after.value) for before, moves in REFERRAL_MOVES.items() for after in moves}  # type: ignore[attr-defined]
