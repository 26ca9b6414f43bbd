"""What is true of the present request or job, carried beside the call."""

import structlog


def current_request_id() -> str:
    """The id of the request or job at work, '' when there is none."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))
