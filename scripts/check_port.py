"""Say in one sentence when the web server's port cannot be had: ``PORT``, from the environment or ``.env``, or 8000."""

import errno
import os
import re
import socket
import sys
from pathlib import Path

ENV_FILE = Path(__file__).resolve().parent.parent / ".env"


def port_wanted() -> str:
    if "PORT" in os.environ:
        return os.environ["PORT"]
    text = ENV_FILE.read_text() if ENV_FILE.exists() else ""
    found = re.search(r"^\s*(?:export\s+)?PORT\s*=\s*[\"']?(\d+)", text, re.MULTILINE)
    return found[1] if found else "8000"


def problem(port: str) -> str | None:
    if not port.isdecimal() or not 0 < int(port) < 65536:
        return f"PORT must be a number from 1 to 65535, not {port!r}."
    try:
        socket.create_server((os.environ.get("WEB_HOST", "127.0.0.1"), int(port))).close()
    except OSError as error:
        other = 8080 if port != "8080" else 8090
        reason = (
            "is taken"
            if error.errno == errno.EADDRINUSE
            else f"cannot be used: {os.strerror(error.errno or 0)}"
        )
        return f"Port {port} {reason}; choose another, for example: make run PORT={other}"
    return None


if __name__ == "__main__":
    sys.exit(problem(port_wanted()))
