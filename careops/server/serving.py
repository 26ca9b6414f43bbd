"""How the web server is started: one place for everything that is set about it."""

import resource
import socket
import sys

from django.conf import settings
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

APPLICATION = "careops.rsgi:application"
HEADER_SECONDS = 10
# A silent caller costs one socket. The next connections wait in the backlog.
CONNECTIONS = 4096
STOP_SECONDS = 10


def serve(application: str = APPLICATION) -> None:
    """Serve until SIGTERM or SIGINT; a process that fails is replaced. Exits with a sentence where the port is taken."""
    refuse_taken_port(settings.WEB_HOST, settings.PORT)
    allow_connections(CONNECTIONS * 2)
    Server(
        application,
        address=settings.WEB_HOST,
        port=settings.PORT,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000),
        websockets=False,
        workers=settings.WEB_PROCESSES,
        backlog=CONNECTIONS,
        backpressure=CONNECTIONS,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=STOP_SECONDS,
        log_level=LogLevels.warning,
    ).serve()


def refuse_taken_port(host: str, port: int) -> None:
    """Exit where another process serves the port: both would answer, the old one with old code."""
    try:
        address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(address[0], address[1]) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address[4])
    except OSError as error:
        sys.exit(f"CareOps cannot serve {host}:{port}: {error.strerror or error}.")


def allow_connections(wanted: int) -> None:
    """Raise this process's limit of open files to ``wanted``, as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
