"""The operator's commands, each as it is typed."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from careops.core import clock
from integrations.pms.models import PmsIntegration
from integrations.sandbox.faults import Fault, Kind
from integrations.sandbox.sikka import OFFICE, SECRET, SikkaTwin
from tests.factories.pms import make_authorised, make_stored
from tests.integrations.pms.desk import Desk, states

pytestmark = pytest.mark.django_db


def said(*command: str, fails: bool = False) -> str:
    out = StringIO()
    if fails:
        with pytest.raises(CommandError):
            call_command(*command, stdout=out)
    else:
        call_command(*command, stdout=out)
    return out.getvalue()


def test_practices_are_listed_and_authorised(sikka: SikkaTwin) -> None:
    assert said("pms_authorize") == f"{OFFICE}  practice 1  Harbour Dental  OpenDental  not linked\n"
    assert "is authorised until" in said("pms_authorize", "--office", OFFICE, "--name", "Harbour")
    assert "is authorised until" in said("pms_authorize", "--office", OFFICE)
    row = PmsIntegration.objects.get()
    assert (row.name, row.state) == ("Harbour", "active")
    assert f"integration {row.pk}" in said("pms_authorize")
    assert SECRET not in said("pms_authorize")


def test_an_office_that_nobody_knows_and_a_system_that_refuses(sikka: SikkaTwin) -> None:
    assert said("pms_authorize", "--office", "D99999", fails=True) == ""
    sikka.faults.add(Fault(Kind.ANSWER, status=401))
    assert said("pms_authorize", fails=True) == ""
    sikka.faults.add(Fault(Kind.ANSWER, path="request_key$", status=503, times=9))
    with pytest.raises(CommandError, match=r"cannot be reached\. .*\(\w+\)"):
        said("pms_authorize", "--office", OFFICE)
    assert not PmsIntegration.objects.exists()


def test_a_practice_gets_its_own_name(sikka: SikkaTwin) -> None:
    said("pms_authorize", "--office", OFFICE)
    assert PmsIntegration.objects.get().name == "Harbour Dental"


def test_keys_are_renewed_when_due_or_all_at_once(sikka: SikkaTwin) -> None:
    row = make_authorised()
    assert said("pms_refresh_tokens") == "0 keys renewed.\n"
    PmsIntegration.objects.update(refresh_at=clock.now())
    assert said("pms_refresh_tokens") == "1 keys renewed.\n"
    assert f"integration {row.pk}: good until" in said("pms_refresh_tokens", "--all")
    assert len(sikka.ledger.of("refreshed")) == 2
    make_stored(office_id="D70009", secret_key="WRONGSECRET000000001")
    assert "authorisation_refused" in said("pms_refresh_tokens", "--all", fails=True)


def test_writebacks_are_handed_over_and_looked_at(desk: Desk) -> None:
    desk.book()
    assert (
        said("pms_poll_writebacks") == "1 handed over or tried, 0 looked at.\n  pending: 1\n  submitted: 1\n"
    )
    desk.time.shift(60)
    said("pms_poll_writebacks")
    assert states()[0] == "completed"


def test_the_walk_to_a_practice_tells_each_step(sikka: SikkaTwin) -> None:
    make_authorised()
    steps = [
        line.split()[:2] for line in said("pms_check").splitlines() if line[:2] == "  " and line[2:3].strip()
    ]
    assert steps == [["practices", "ok"], ["key", "ok"], ["refresh", "ok"], ["key", "info"], ["data", "ok"]]


@pytest.mark.parametrize(
    ("path", "step"), [("authorized", "practices"), ("providers", "data"), ("request_key$", "refresh")]
)
def test_the_walk_names_the_step_that_fails(sikka: SikkaTwin, path: str, step: str) -> None:
    make_authorised()
    fault: dict[str, Any] = {"status": 500, "times": None}
    sikka.faults.add(Fault(Kind.ANSWER, path=path, **fault))
    failed = [line.split()[0] for line in said("pms_check", fails=True).splitlines() if "FAILED" in line]
    assert failed == [step]


def test_the_walk_without_a_practice_says_what_to_do(sikka: SikkaTwin) -> None:
    assert "pms_authorize lists and links them" in said("pms_check")
    make_authorised()
    with pytest.raises(CommandError, match="No integration is linked to D99999"):
        said("pms_check", "--office", "D99999")


def test_the_walk_shows_what_is_to_be_linked(sikka: SikkaTwin) -> None:
    make_authorised()
    shown = [line.split()[:2] for line in said("pms_check").splitlines()]
    assert [words for words in shown if words[-1] in {"DOC1", "OP1", "Broken"}] == [
        ["provider", "DOC1"],
        ["operatory", "OP1"],
        ["status", "Broken"],
    ]
