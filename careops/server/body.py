"""Reading a request's body on the event loop, within a deadline and a size."""

import asyncio
import time

from granian.rsgi import HTTPProtocol, Scope  # type: ignore[attr-defined]

from careops.core.problems import Busy, DomainError, Invalid
from careops.core.requests import JSON_ROOTS, announced_length
from careops.server.limits import ServerLimits

# A body of files may take longer than the deadline while this many bytes arrive each second, since its beginning.
BYTES_PER_SECOND = 16_384
# Longer bodies share the room that a process has for bodies: they are kept in memory until they are whole.
SMALL_BYTES = 65_536


class BodyTimeout(DomainError):
    status, code, detail = 408, "body_timeout", "The body did not arrive in time. Send the request again."


class BodyIncomplete(Invalid):
    code, detail = "body_incomplete", "The body is shorter than its Content-Length says."


class BodyReader:
    """Reads bodies for one process."""

    def __init__(self, limits: ServerLimits) -> None:
        self.limits = limits
        self.held = 0

    async def read(self, scope: Scope, protocol: HTTPProtocol) -> bytes:
        """The body; empty where none was announced, or where the input guard refuses it by its length.

        Raises BodyTimeout, BodyIncomplete, and Busy where no room is left for another long body.
        """
        length = announced_length(scope.headers.get("content-length"))
        multipart = scope.headers.get("content-type", "").startswith("multipart/form-data")
        takes_files = multipart or not scope.path.startswith(JSON_ROOTS)
        if not 0 < length <= (self.limits.page_bytes if takes_files else self.limits.json_bytes):
            return b""
        body = bytearray()
        held = length > SMALL_BYTES
        try:
            await self._fill(body, length, protocol, held=held, takes_files=takes_files)
        finally:
            if held:
                self.held -= len(body)
        if len(body) != length:
            raise BodyIncomplete
        return bytes(body)

    async def _fill(
        self, body: bytearray, length: int, protocol: HTTPProtocol, *, held: bool, takes_files: bool
    ) -> None:
        began, chunks = time.monotonic(), aiter(protocol)
        while len(body) < length:
            spent = time.monotonic() - began
            # What has come so far pays for the time to come.
            paid = len(body) / BYTES_PER_SECOND if takes_files else 0.0
            try:
                async with asyncio.timeout(self.limits.body_seconds + paid - spent):
                    chunk: bytes = await anext(chunks)
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise BodyTimeout from None
            body += chunk
            if held:
                self.held += len(chunk)
                if self.held > self.limits.room_bytes:
                    raise Busy("Too many long bodies arrive at once. Send the request again.", retry_after=5)
