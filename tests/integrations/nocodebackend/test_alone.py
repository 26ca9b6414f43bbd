"""The library without Django's settings: imported in a process of its own, as its own example says."""

import subprocess
import sys
from typing import Any

from integrations.nocodebackend import client
from integrations.sandbox.nocodebackend import NoCodeBackendTwin
from tests.services.processes import ROOT


def test_the_librarys_own_example_runs_alone(twin: NoCodeBackendTwin, config: dict[str, Any]) -> None:
    example = (client.__doc__ or "").split("\n\n")[1:3]
    code = "\n".join(line.removeprefix("    ") for line in "\n".join(example).splitlines())
    code = code.replace('"API_KEY": "…", ', f"**{config!r},").replace(
        "10001_exampledb", "35557_referralomsdb"
    )
    code = code.replace("10001_exampleuploads", "35557_website_uploads").replace("offset=40", "offset=20")
    alone = "\nfrom django.conf import settings\nassert not settings.configured\n"
    done = subprocess.run(
        [sys.executable, "-c", code + alone],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [int(line.split()[0]) for line in lines] == list(range(21, 38))
