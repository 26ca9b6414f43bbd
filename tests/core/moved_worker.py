"""``manage.py`` with a clock that differs from the real one by the seconds that the file $MOVED_CLOCK holds.

time_machine moves the clock of one process, so each process of the worker follows the file by itself. The monotonic
clock stays as it is, as on a machine whose clock is set.
"""

import os
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import time_machine
from django.core.management import execute_from_command_line

LOOKS_EVERY = 0.1
file = Path(os.environ["MOVED_CLOCK"])
clock = time_machine.travel(datetime.now(UTC), tick=True).start()
moved_by = 0.0


def follow() -> None:
    """Move the clock as the file says, for ever."""
    global moved_by
    while True:
        wanted = float(file.read_text())
        if wanted != moved_by:
            clock.shift(wanted - moved_by)
            moved_by = wanted
        time.sleep(LOOKS_EVERY)


def start_to_follow() -> None:
    threading.Thread(target=follow, daemon=True).start()


if __name__ == "__main__":
    os.register_at_fork(after_in_child=start_to_follow)
    start_to_follow()
    execute_from_command_line(sys.argv)
