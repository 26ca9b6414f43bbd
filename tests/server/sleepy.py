"""A site that is served with two threads: a path may sleep, fail, be long, or tell the headers."""

import json
import time
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from careops.rsgi import application as installation
from careops.server.application import Application
from careops.server.limits import ServerLimits

LONG = 3_000_000


def site(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    if path.endswith("/fails"):
        raise RuntimeError("on purpose")
    if path.endswith("/sleeps"):
        time.sleep(3)
    start_response("200 OK", [("Content-Type", "text/plain")])
    if path.endswith("/headers"):
        return [
            json.dumps(
                {name: value for name, value in environ.items() if name.startswith("HTTP_X_")}
            ).encode()
        ]
    return [b"x" * LONG] if path.endswith("/long") else [b"done"]


limits = ServerLimits(
    threads=2,
    body_seconds=1,
    json_bytes=1_000_000,
    page_bytes=2_000_000,
    api_version=installation.limits.api_version,
    session_cookie="sessionid",
    queue_seconds=1,
    room_bytes=1_000_000,
)
application = Application(site, limits)
