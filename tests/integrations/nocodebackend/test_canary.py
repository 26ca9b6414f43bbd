"""Our key, said back by the other side in errors, headers and rows, stands nowhere on ours."""

import logging
from typing import Any

import orjson
import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.test import APIClient

from accounts.enums import Role
from connections.models import Referral
from connections.services import referrals
from integrations.nocodebackend import tasks
from integrations.nocodebackend.models import Instance, ReferralSync
from integrations.sandbox.faults import Fault, Kind
from integrations.sandbox.nocodebackend import NoCodeBackendTwin
from tests.factories.office import office, page
from tests.factories.referrals import make_referral
from tests.integrations.nocodebackend.conftest import push

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]
CANARY = "sk_live_canary-9c41f0a7b2d3"
API = "/api/nocodebackend"


@pytest.fixture
def talkative(link: NoCodeBackendTwin, settings: Any) -> NoCodeBackendTwin:
    """A service that writes the key of whoever asks into whatever it says."""
    settings.NOCODEBACKEND = {**settings.NOCODEBACKEND, "API_KEY": CANARY, "DEADLINE_SECONDS": 2}
    settings.NOCODEBACKEND_IMPORT = True
    link.switch(key=CANARY, unique_status=400)
    link.put(
        "referrals",
        {"referral_id": "web_1", "patient_name": f"Ines {CANARY}", "contact": "ines@example.com", "notes": CANARY,
         "referring_doctor": CANARY, "metadata": {"key": [CANARY]}},
    )  # fmt: skip
    return link


def faults() -> list[Fault]:
    said = {"status": "failed", "error": f"Duplicate entry for Bearer {CANARY}", "data": [{"id": CANARY}]}
    headers = {"X-Key": CANARY, "Location": f"http://example.com/{CANARY}", "Retry-After": CANARY}
    statuses = (200, 302, 400, 401, 403, 404, 409, 418, 422, 500, 503, 429)
    row = {"id": 1, "referral_id": "web_1", "patient_name": "Ines", "notes": CANARY}
    spelled = orjson.dumps({"status": "success", "data": [row]}).replace(b"sk_live", rb"\u0073k_live")
    return [
        *[Fault(Kind.ANSWER, times=3, status=status, answer=said, headers=headers) for status in statuses],
        Fault(Kind.ANSWER, times=3, status=200, answer=spelled),
    ]


def walk(staff: APIClient, desk: Client, referral: Referral) -> list[str]:
    """Everything that somebody can be shown."""
    answers: list[Any] = [
        staff.get(f"{API}/{path}") for path in ("referrals", "referrals/1", "uploads", "status")
    ]
    answers.append(staff.post(f"{API}/sync-referral", {"referral_id": referral.pk}))
    answers += [staff.get("/api/alerts"), staff.get("/api/events"), staff.get("/api/referrals")]
    answers += [desk.get(page(ReferralSync)), *[desk.get(page(sync)) for sync in ReferralSync.objects.all()]]
    answers += [desk.get(page(instance)) for instance in Instance.objects.all()]
    return [f"{answer.headers} {answer.content.decode()}" for answer in answers]


def kept() -> list[str]:
    """Every row of every table."""
    return [repr(row) for model in apps.get_models() for row in model._default_manager.values()]


def test_the_key_is_nowhere_whatever_the_other_side_says(
    talkative: NoCodeBackendTwin,
    staff: APIClient,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    desk, referral = office(Role.STAFF), make_referral()
    shown: list[str] = []
    for fault in [None, *faults()]:
        talkative.faults.clear()
        if fault is not None:
            talkative.faults.add(fault)
        shown += walk(staff, desk, referral)
        referrals.update(referral=referral, actor=None, notes=f"Changed {len(shown)}")
        push()
        Instance.objects.update(down_until=None)
        tasks.pull_referrals()
        for command in ("check_nocodebackend", "sync_referrals"):
            try:
                call_command(command)
            except CommandError as error:
                shown.append(str(error))
    assert Referral.objects.count() == 2
    assert len(talkative.faults.shown) > 0
    printed = "".join(capfd.readouterr())
    logged = [f"{record.getMessage()} {record.exc_text or ''}" for record in caplog.records]
    assert len(logged) > 100
    assert "Ines ***" in "".join(shown)
    whole = {"shown": shown, "kept": kept(), "logged": logged, "printed": [printed]}
    assert {where: [text for text in texts if CANARY in text] for where, texts in whole.items()} == {
        where: [] for where in whole
    }
