"""The worker as it must not be: what was on the wire when it died goes out again. The control of the crash tests."""

import sys
from typing import Any
from unittest.mock import patch

import careops.wsgi  # noqa: F401  # sets Django up, which the imports below need

# isort: split
from django.core.management import execute_from_command_line
from django.db.models.functions import Now

from careops.core.delivery import Outbox
from careops.core.outbox import State


def reap(outbox: Outbox[Any]) -> None:
    lost = outbox.model._default_manager.filter(state=State.SENDING, lease_until__lt=Now())
    lost.update(state=State.PENDING, lease_token=None, lease_until=None, wire_started_at=None)


patch.object(Outbox, "reap", reap).start()

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
