"""Where no mail server is configured, mail lies in a folder."""

import re
import stat
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import send_mail

from careops.core.delivery import TransportError
from careops.core.mail import message_id, send


def send_one(**changes: Any) -> str:
    arguments: dict[str, Any] = {
        "to": "canary@example.com", "subject": "Canary", "body": "Canary text", "wire": lambda: None,
        "message_id": message_id("email:welcome:1"),
    }  # fmt: skip
    return send(**{**arguments, **changes})


def test_a_mail_is_a_file_that_names_nobody_and_that_nobody_else_reads(outbox: Path) -> None:
    ref = send_one()
    (file,) = outbox.iterdir()
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert (mail["To"], mail["Subject"], mail.get_content().strip()) == (
        "canary@example.com", "Canary", "Canary text",
    )  # fmt: skip
    assert mail["Message-ID"] == ref
    assert re.fullmatch(r"[0-9]{8}T[0-9]{6}\.[0-9]{6}-[0-9a-f]{32}\.eml", file.name)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(outbox.stat().st_mode) == 0o700


def test_the_id_of_a_mail_follows_from_its_key_and_hides_it(settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "Desk <desk@clinic.example.com>"
    first, again, other = message_id("sms:ada"), message_id("sms:ada"), message_id("sms:eve")
    assert (first == again, first == other, first.endswith("@clinic.example.com>")) == (True, False, True)
    assert "ada" not in first


def test_djangos_own_mail_goes_the_same_way(outbox: Path) -> None:
    assert send_mail("A", "B", None, ["ada@example.com", "eve@example.com"]) == 1
    assert len(list(outbox.iterdir())) == 1


def test_a_folder_that_takes_no_file_is_tried_again(outbox: Path) -> None:
    outbox.write_text("in the way")
    with pytest.raises(TransportError) as refused:
        send_one()
    assert (refused.value.code, refused.value.permanent) == ("folder_not_writable", False)


def test_a_header_with_a_line_break_is_refused_before_the_wire(outbox: Path) -> None:
    touched: list[int] = []
    with pytest.raises(TransportError) as refused:
        send_one(headers={"X-Note": "a\r\nBcc: all@example.com"}, wire=lambda: touched.append(1))
    assert (refused.value.code, refused.value.permanent) == ("bad_header", True)
    assert (touched, outbox.exists()) == ([], False)
