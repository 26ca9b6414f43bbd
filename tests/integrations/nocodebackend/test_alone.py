"""The library without Django's settings: imported in a process of its own, as its own example says."""

import subprocess
import sys
from typing import Any

from integrations.nocodebackend import client
from integrations.sandbox.nocodebackend import NoCodeBackendTwin
from integrations.sandbox.server import Sandbox
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


def alone(code: str) -> tuple[int, str, str]:
    """Exit code, output and errors of a process that has none of the installation's settings."""
    begin = "from integrations.nocodebackend.client import create_nocodebackend_clients, UpstreamError\n"
    done = subprocess.run(
        [sys.executable, "-c", begin + code],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_the_twin_is_called_when_its_address_is_listed(
    twin: NoCodeBackendTwin, config: dict[str, Any], sandbox: Sandbox
) -> None:
    """In each form that the setting of the same name takes."""
    for listed in (["127.0.0.1"], [f"127.0.0.1:{sandbox.port}"], "10.0.0.0/8, 127.0.0.0/8"):
        given = {**config, "ALLOW_PRIVATE_UPSTREAMS": listed}
        code = f"print(create_nocodebackend_clients({given!r})[0].get_referral_by_id(7)['id'])"
        assert alone(code) == (0, "7\n", "")


def test_an_address_that_is_not_listed_is_refused_by_the_name_of_the_key(
    twin: NoCodeBackendTwin, config: dict[str, Any]
) -> None:
    bare = {name: value for name, value in config.items() if name != "ALLOW_PRIVATE_UPSTREAMS"}
    for given in (bare, {**bare, "ALLOW_PRIVATE_UPSTREAMS": ["10.0.0.0/8"]}):
        code = (
            f"referrals, _ = create_nocodebackend_clients({given!r})\n"
            "try:\n    referrals.get_referral_by_id(7)\n"
            "except UpstreamError as error:\n    print(error.sentence)\n"
        )
        sentence = "The address is not public: list it in ALLOW_PRIVATE_UPSTREAMS if that is meant.\n"
        assert alone(code)[:2] == (0, sentence)  # the call is logged as refused
