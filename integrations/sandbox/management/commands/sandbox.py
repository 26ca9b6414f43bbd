import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.sandbox.server import Sandbox
from integrations.sandbox.twins import twins


class Command(BaseCommand):
    help = "Run the twins of the outside systems, with some invented rows in them. Not for production."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=settings.SANDBOX_PORT)

    def handle(self, *, port: int, **_options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The sandbox answers like other people's systems; it is not for production.")
        over = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: over.set())
        try:
            sandbox = Sandbox(twins(), port=port)
            sandbox.listen()
        except OSError:
            raise CommandError(f"Port {port} is taken; SANDBOX_PORT names another.") from None
        for name in sandbox.twins:
            self.stdout.write(f"Sandbox: {sandbox.url(name)}, steered at {sandbox.url(f'_control/{name}')}")
        self.stdout.flush()
        over.wait()
        sandbox.over.set()
        sandbox.refuse()
