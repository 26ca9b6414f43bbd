"""``docs/integrations/sikka.md`` names switches and faults that exist, and every fault; its control calls work."""

import json
import re
from typing import Any

from careops.core import http
from integrations.sandbox.faults import Kind
from integrations.sandbox.server import Sandbox
from integrations.sandbox.sikka import OFFICE, SECRET, SikkaTwin
from tests.services.processes import ROOT

PAGE = (ROOT / "docs" / "integrations" / "sikka.md").read_text()
FORMS = re.findall(r"^\| [^|`]+ \| .* \| (`[a-z_`, ]+`) \|$", PAGE, re.MULTILINE)
CALLS = re.findall(r"curl -X ([A-Z]+) localhost:8001/_control/sikka/([a-z-]+) -d '(.*)'", PAGE)


def test_the_switches_of_the_page_are_the_twins() -> None:
    named = {name for cell in FORMS for name in re.findall(r"[a-z_]+", cell)}
    assert len(named) == 16
    assert named - SikkaTwin.SWITCHES.keys() == set()


def test_every_fault_is_told_and_no_other() -> None:
    table = PAGE[PAGE.index("| fault |") : PAGE.index("A fault waits")]
    first_cells = "".join(line.split("|")[1] for line in table.splitlines() if line.startswith("| `"))
    assert set(re.findall(r"`([a-z_]+)`", first_cells)) == {kind.value for kind in Kind}


def test_the_control_calls_of_the_page_work(sandbox: Sandbox, sikka: SikkaTwin) -> None:
    assert len(CALLS) == 5
    for method, what, body in CALLS:
        given: Any = json.loads(body)
        answer = http.request(
            method, f"{sandbox.url('_control/sikka')}/{what}", json=given, allow_private=True
        )
        assert answer.status < 300, what
    assert (sikka.switches["speed"], len(sikka.faults)) == (60, 2)
    assert sikka.offices[OFFICE].secret_key != SECRET
