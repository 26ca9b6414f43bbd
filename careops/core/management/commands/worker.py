import os
import signal
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from careops.core import context
from careops.core.watchdog import DRAIN, Watchdog, end_with_parent


class Command(BaseCommand):
    help = "Run the queue's cluster under a watchdog that rings it, and restarts it when it stands still."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--cluster",
            action="store_true",
            help="What the watchdog starts: the cluster alone, which ends with it.",
        )

    def handle(self, *, cluster: bool, **_options: Any) -> None:
        if cluster:
            os.register_at_fork(after_in_child=end_with_parent)
            signal.signal(DRAIN, lambda *_: context.end_soon())
            call_command("qcluster")
        else:
            Watchdog([sys.executable, sys.argv[0], "worker", "--cluster"], ready=self.say_ready).run()

    def say_ready(self) -> None:
        """Tell once that a bell was heard and answered."""
        self.stdout.write(
            f"Worker ready: it looks for work every {settings.WORKER_TICK_SECONDS} s and at once when a change rings."
        )
        self.stdout.flush()
