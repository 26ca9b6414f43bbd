import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from careops.twins import HOST
from integrations.sandbox.server import Sandbox
from integrations.sandbox.twins import twins


class Command(BaseCommand):
    help = "Run the twins of the outside systems on this machine, until Ctrl-C. Their rows are kept in var/sandbox/."
    requires_system_checks: list[str] = []

    def handle(self, **_options: Any) -> None:
        if not settings.SANDBOX:
            raise CommandError("The sandbox is for development: it is off in production and with SANDBOX=0.")
        over = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: over.set())
        try:
            with Sandbox(
                twins(settings.VAR_DIR / "sandbox"), host=HOST, port=settings.SANDBOX_PORT
            ) as sandbox:
                for name in sandbox.twins:
                    self.stdout.write(
                        f"The twin of {name} listens at {sandbox.url(name)}, steered at {sandbox.url(f'_control/{name}')}\n"
                    )
                self.stdout.flush()
                over.wait()
        except OSError as error:
            raise CommandError(
                f"Port {settings.SANDBOX_PORT} cannot be had ({error.strerror}): set SANDBOX_PORT, or SANDBOX=0."
            ) from None
