from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from careops.server import serving


class Command(BaseCommand):
    help = "Serve the API and the admin on PORT. It ends with SIGTERM or Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--application",
            default=serving.APPLICATION,
            help="The RSGI application to serve, as module:name; the installation's own without it.",
        )

    def handle(self, *, application: str, **_options: Any) -> None:
        connections.close_all()  # the processes that serve begin with a copy of this one
        serving.serve(application)
