"""The commands: what is wrong in one sentence, exit codes for scripts, and everything sent that is not in step."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from connections.services import referrals
from integrations.nocodebackend.models import ReferralSync
from integrations.sandbox.faults import Fault, Kind
from integrations.sandbox.nocodebackend import KEY, NoCodeBackendTwin
from integrations.sandbox.server import Sandbox
from tests.factories.referrals import make_referral
from tests.integrations.nocodebackend.conftest import push, row_of
from tests.services.processes import free_port

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


def run(command: str, *args: str) -> tuple[int, str, str]:
    """Exit code, what was printed, and the sentence of a failure."""
    printed = StringIO()
    try:
        call_command(command, *args, stdout=printed)
    except CommandError as error:
        return error.returncode, printed.getvalue(), str(error)
    return 0, printed.getvalue(), ""


def test_all_is_well(link: NoCodeBackendTwin) -> None:
    link.put("referrals", {"referral_id": "web_1", "patient_name": "Quillfeather"})
    code, printed, said = run("check_nocodebackend")
    assert (code, said, printed.splitlines()[-1]) == (0, "", "All is well.")
    assert "answers; row 38 was read" in printed
    assert [line.split()[-1] for line in printed.splitlines() if " /api/" in line] == [
        "200", "200", "404", "200", "404", "200", "400",
    ]  # fmt: skip
    assert KEY not in printed
    assert "Quillfeather" not in printed
    assert link.ledger == []


def configured(**changes: Any) -> Callable[[NoCodeBackendTwin, Any], None]:
    def change(_link: NoCodeBackendTwin, settings: Any) -> None:
        settings.NOCODEBACKEND = {**settings.NOCODEBACKEND, **changes}

    return change


def meets(**fault: Any) -> Callable[[NoCodeBackendTwin, Any], None]:
    return lambda link, _settings: link.faults.add(Fault(**{"times": None, **fault}))


WRONG: list[tuple[Callable[[NoCodeBackendTwin, Any], None], int, str]] = [
    (configured(API_KEY=""), 2, "NoCodeBackend is not configured: set NOCODEBACKEND_API_KEY and the names of both instances."),
    (configured(API_KEY="two words"), 2, "NOCODEBACKEND_API_KEY holds characters that no key has; was it copied whole?"),
    (configured(BASE_URL="example.com"), 2, "NOCODEBACKEND_BASE_URL is not an http or https address."),
    (configured(API_KEY="another-key"), 1, "NoCodeBackend does not accept the API key."),
    (configured(WEBSITE_UPLOADS_INSTANCE="10001_no"), 1, "NoCodeBackend does not know the instance."),
    (configured(UPLOADS_TABLE="files"), 1, "The database behind NoCodeBackend refused it: does the table have the columns that we use?"),
    (configured(BASE_URL=f"http://127.0.0.1:{free_port()}"), 1, "NoCodeBackend cannot be reached: is the address right, and is there a way out to the Internet?"),
    (configured(REFERENCE_COLUMN="case_number"), 1, "GET /api/nocodebackend/uploads?referral_id=ref_000000&limit=1 answers 502 instead of 200."),
    (meets(kind=Kind.ANSWER, status=403, answer=b"no"), 1, "The API key may not do this in that instance."),
    (meets(kind=Kind.ANSWER, status=503, answer=b""), 1, "NoCodeBackend has a fault at the moment."),
    (meets(kind=Kind.ANSWER, status=429, answer=b"", headers={"Retry-After": "60"}), 1, "NoCodeBackend allows no more calls at the moment."),
    (meets(kind=Kind.HTML), 1, "What came is not an answer of NoCodeBackend: is the base URL right?"),
    (meets(kind=Kind.ANSWER, status=404, answer=b"<pre>Cannot GET /x</pre>"), 1, "The server does not know the path: is the base URL right, and is the table named as it is there?"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("spoil", "code", "sentence"), WRONG, ids=[sentence[:40] for _, _, sentence in WRONG]
)
def test_what_is_wrong_is_one_sentence_and_an_exit_code(
    link: NoCodeBackendTwin, settings: Any, spoil: Callable[..., None], code: int, sentence: str
) -> None:
    spoil(link, settings)
    found, printed, said = run("check_nocodebackend")
    assert (found, said) == (code, sentence)
    assert "another-key" not in printed + said


def test_an_address_that_is_not_public_says_what_to_set(link: NoCodeBackendTwin, settings: Any) -> None:
    settings.ALLOW_PRIVATE_UPSTREAMS = []
    assert run("check_nocodebackend")[::2] == (
        1, "The address is not public: list it in ALLOW_PRIVATE_UPSTREAMS if that is meant.",
    )  # fmt: skip


def test_everything_that_is_not_in_step_is_sent(link: NoCodeBackendTwin) -> None:
    first, second, third = (make_referral() for _ in range(3))
    push()
    ReferralSync.objects.filter(referral=second).delete()
    referrals.update(referral=third, actor=None, notes="Changed")
    link.ledger.clear()
    assert run("sync_referrals", "--dry-run") == (0, "2 referrals would be sent.\n", "")
    assert link.ledger == []
    assert run("sync_referrals") == (0, "2 referrals marked; 0 still wait, 0 could not be sent.\n", "")
    assert sorted(entry["id"] for entry in link.ledger.of("updated")) == [
        row_of(link, second)["id"],
        row_of(link, third)["id"],
    ]
    link.table("referrals").update(row_of(link, first)["id"], {"notes": "Spoilt there"}, at=link.now())
    assert run("sync_referrals") == (0, "0 referrals marked; 0 still wait, 0 could not be sent.\n", "")
    assert run("sync_referrals", "--all")[0] == 0
    assert row_of(link, first)["notes"] == ""
    assert len(link.table("referrals").rows) == 3


def test_what_could_not_be_sent_is_an_exit_code(link: NoCodeBackendTwin, sandbox: Sandbox) -> None:
    make_referral()
    with sandbox.refusing():
        code, printed, said = run("sync_referrals")
    assert (code, printed) == (1, "1 referrals marked; 1 still wait, 0 could not be sent.\n")
    assert said.startswith("NoCodeBackend cannot be reached")
    assert run("sync_referrals")[0] == 0
