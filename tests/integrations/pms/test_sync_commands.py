import pytest
from django.core.management import CommandError, call_command

from careops.core.metrics import exposition
from tests.factories.bookings import tomorrow
from tests.integrations.pms.desk import Desk
from tests.integrations.pms.practice import Practice, bookings


def test_a_practice_is_read_by_command(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    Practice(desk).appointment(Practice(desk).patient(), tomorrow(15))
    call_command("pms_sync")
    assert len(bookings()) == 1
    call_command("pms_sync", "--full", "--integration", str(desk.integration.pk))
    assert capsys.readouterr().out.splitlines()[-1] == f"integration {desk.integration.pk}: read"


def test_the_numbers_tell_of_keys_and_readings(desk: Desk) -> None:
    call_command("pms_sync")
    desk.time.shift(3600)
    found = exposition().decode()
    assert f'careops_pms_token_age_seconds{{integration="{desk.integration.pk}"}} 3600.0' in found
    assert f'careops_pms_sync_age_seconds{{integration="{desk.integration.pk}"}} 3600.0' in found


def test_a_practice_that_cannot_be_read_is_an_error(desk: Desk) -> None:
    with pytest.raises(CommandError, match="no practice 99"):
        call_command("pms_sync", "--integration", "99")
    desk.change(state="needs_authorisation")
    with pytest.raises(CommandError, match="1 practices were not read to the end"):
        call_command("pms_sync")
