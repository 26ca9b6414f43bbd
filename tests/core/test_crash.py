"""Crash points: a test names one, and the process is gone there as if the machine had failed."""

import subprocess
import sys

import pytest

from tests.services.processes import ROOT

PASSAGES = """
from careops.core import crash
for name in ("claimed", "wire", "claimed", "wire"):
    crash.point(name)
    print(name, flush=True)
"""


@pytest.mark.parametrize(
    ("crash_at", "code", "passed"),
    [
        ("", 0, "claimed wire claimed wire"),
        ("recorded", 0, "claimed wire claimed wire"),
        ("claimed", -9, ""),
        ("wire", -9, "claimed"),
        ("wire:2", -9, "claimed wire claimed"),
        ("wire:3", 0, "claimed wire claimed wire"),
    ],
)
def test_a_process_dies_at_the_passage_that_is_named(crash_at: str, code: int, passed: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PASSAGES],
        cwd=ROOT,
        env={"CAREOPS_CRASH_AT": crash_at},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout.split()) == (code, passed.split())
