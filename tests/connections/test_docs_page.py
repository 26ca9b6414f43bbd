"""The examples of ``docs/connections.md`` are true: played one after the other, they answer what the page says."""

import json
import re
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.enums import Role
from connections.models import Activity, ActivityInvite, Connection
from tests.factories.accounts import client_of, make_user
from tests.factories.connections import make_professional
from tests.services.processes import ROOT

PAGE = (ROOT / "docs" / "connections.md").read_text()
EXAMPLE = re.compile(
    r"^```\n(client|professional): ([A-Z]+) (\S+)\n(?:(\{.*?\})\n)?(\d{3}) (\{.*?\})\n```$",
    re.MULTILINE | re.DOTALL,
)
NOT_ALIKE = {"id", "initiated_by", "created_at", "requested_at", "invited_at"}
IN_BODY: dict[str, Any] = {"connection_id": Connection, "activity_id": Activity, "invite_id": ActivityInvite}


def alike(told: Any, answered: Any) -> Any:
    """The part of the answer that the page tells, where what differs each time is as told."""
    if isinstance(told, dict) and isinstance(answered, dict):
        return {
            name: value if name in NOT_ALIKE and answered.get(name) else alike(value, answered.get(name))
            for name, value in told.items()
        }
    return answered


@pytest.mark.django_db
def test_the_examples_answer_what_the_page_says() -> None:
    mara = make_professional(name="Dr Mara Lindqvist", email="professional@example.com")
    noor = make_user(Role.CLIENT, name="Noor Haddad", email="client@example.com")
    callers: dict[str, APIClient] = {"professional": client_of(mara), "client": client_of(noor)}
    people = {"professional_id": mara.pk, "client_id": noor.pk}
    examples = EXAMPLE.findall(PAGE)
    assert len(examples) == len(re.findall(r"^```\n(?:client|professional): ", PAGE, re.MULTILINE)) == 8
    for who, method, path, body, status, told in examples:
        sent = json.loads(body or "{}")
        sent |= {name: value for name, value in people.items() if name in sent}
        for name, rows in IN_BODY.items():
            if name in sent:
                sent[name] = type(sent[name])(rows.objects.earliest("pk").pk)
        first = Connection.objects.order_by("pk").first()
        here = re.sub(r"connection/\d+$", f"connection/{first.pk if first else 0}", path)
        answer = callers[who].generic(method, here, json.dumps(sent), content_type="application/json")
        expected = json.loads(told)
        assert (path, answer.status_code, alike(expected, answer.json())) == (path, int(status), expected)
