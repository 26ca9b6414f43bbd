"""The examples of ``docs/integrations/nocodebackend.md`` are true: played one after the other against the twin."""

import json
import re
from typing import Any

import pytest
from rest_framework.test import APIClient

from connections.models import Referral
from integrations.nocodebackend import client
from integrations.sandbox.nocodebackend import NoCodeBackendTwin
from integrations.sandbox.server import Sandbox
from tests.factories.referrals import make_referral
from tests.services.processes import ROOT

PAGE = (ROOT / "docs" / "integrations" / "nocodebackend.md").read_text()
EXAMPLE = re.compile(
    r"^```\n([A-Z]+) (\S+)\n(?:(\{.*?\})\n)?(\d{3}) (\{.*?\})\n```$", re.MULTILINE | re.DOTALL
)


def told(page: Any, answer: Any) -> Any:
    """The part of the answer that the page tells."""
    match page, answer:
        case dict(), dict():
            return {name: told(value, answer.get(name)) for name, value in page.items()}
        case list(), list():
            return [told(*pair) for pair in zip(page, answer, strict=False)] + answer[len(page) :]
    return answer


@pytest.mark.any_engine
@pytest.mark.django_db
def test_the_examples_answer_what_the_page_says(
    link: NoCodeBackendTwin, sandbox: Sandbox, staff: APIClient
) -> None:
    link.start_over(rate_calls=0)
    referral: Referral = make_referral()
    examples = EXAMPLE.findall(PAGE)
    assert len(examples) == PAGE.count("\n```\n") // 2 == 6
    for method, path, body, status, said in examples:
        here = body.replace("ref_000123", referral.reference)
        answer = staff.generic(method, path, here, content_type="application/json")
        text = answer.content.decode().replace(f":{sandbox.port}/", ":8001/")
        text = text.replace(referral.reference, "ref_000123")
        text = text.replace(f'"referral_id":{referral.pk},', '"referral_id":123,')
        text = re.sub(r'"synced_at":"[^"]+"', '"synced_at":"2026-12-01T09:30:00Z"', text)
        page, found = json.loads(said), json.loads(text)
        assert (path, answer.status_code, told(page, found)) == (path, int(status), page)


def test_the_pages_example_of_the_library_is_the_librarys_own() -> None:
    """Which ``test_alone`` runs."""
    assert "\n\n".join((client.__doc__ or "").split("\n\n")[1:3]) in PAGE


def test_the_page_tells_every_switch_it_names_and_every_call() -> None:
    named = set(re.findall(r'"(\w+)": "\w+"', PAGE.partition("## The twin")[2])) - {"kind"}
    assert named <= set(NoCodeBackendTwin.SWITCHES)
    for each in (client.ReferralClient, client.UploadsClient):
        public = {
            name for name in vars(each) if name.startswith(("get_", "iter_", "search_", "create_", "update_"))
        }
        assert {name for name in public if f"`{name}(" not in PAGE} == set()
