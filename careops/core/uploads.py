"""One file in a multipart body, for the few routes that take one; how large it may be is the view's to say.

A view names ``body_limit``, how many bytes its multipart bodies may have, and takes ``OneFileParser``. The input guard
refuses a longer one before a byte of it is read; here what comes is counted while it is read, and read once.
"""

from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any, Protocol

from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, UnreadablePostError
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.http import parse_header_parameters
from rest_framework.parsers import BaseParser

from careops.core.problems import Invalid
from careops.core.requests import BodyTooLarge

NAME = "file"
AT_ONCE = 64 * 1024


class MalformedUpload(Invalid):
    code, field = "malformed_upload", NAME
    detail = "The body is not a multipart form that can be read to its end."


class OneFileOnly(Invalid):
    code, field, detail = "one_file", NAME, f"Send exactly one part: a file named {NAME!r}."


@dataclass(frozen=True)
class Upload:
    """What somebody sent: the name as they wrote it, and the content. What it claims to be is not kept."""

    name: str
    content: bytes


class UploadView(Protocol):
    """A view that takes a file says how many bytes a multipart body may have; JSON stays as small as everywhere."""

    @staticmethod
    def body_limit() -> int: ...


class OneFileParser(BaseParser):
    """Reads ``{"file": Upload}``. Raises BodyTooLarge, MalformedUpload, OneFileOnly."""

    media_type = "multipart/form-data"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None
    ) -> dict[str, Upload]:
        view: UploadView = parser_context["view"]
        request: HttpRequest = parser_context["request"]._request
        body = read_body(request, view.body_limit())
        return {NAME: one_file(body, request.META.get("CONTENT_TYPE", ""))}


def read_body(request: HttpRequest, limit: int) -> bytes:
    """The whole body; whoever asks the request for it afterwards gets the same.

    Raises BodyTooLarge for more than ``limit`` bytes, MalformedUpload when less came than was announced.
    """
    if not hasattr(request, "_body"):
        body = bytearray()
        try:
            while part := request.read(AT_ONCE):
                body += part
                if len(body) > limit:
                    raise BodyTooLarge
        except UnreadablePostError as error:
            raise MalformedUpload from error
        if len(body) != int(request.META.get("CONTENT_LENGTH") or 0):
            raise MalformedUpload
        request._body = bytes(
            body
        )  # the record of an Idempotency-Key hashes it, and a deadlock's loser reads it again
    return request.body


def one_file(body: bytes, content_type: str) -> Upload:
    """The only part of a multipart body. Raises MalformedUpload, OneFileOnly."""
    _refuse_cut_off(body, content_type)
    meta = {"CONTENT_TYPE": content_type, "CONTENT_LENGTH": len(body)}
    try:
        fields, files = MultiPartParser(meta, BytesIO(body), [_InMemory()]).parse()
    except (MultiPartParserError, LookupError, ValueError) as error:  # an unknown charset is a LookupError
        raise MalformedUpload from error
    found: list[Any] = files.getlist(NAME)
    if len(found) != 1 or fields or set(files) != {NAME}:
        raise OneFileOnly
    upload: Upload = found[0]
    return upload


def _refuse_cut_off(body: bytes, content_type: str) -> None:
    """Django takes what came before a cut for the whole."""
    boundary = parse_header_parameters(content_type)[1].get("boundary", "")
    if not boundary or not body.rstrip().endswith(b"--" + boundary.encode("ascii", "replace") + b"--"):
        raise MalformedUpload


class _InMemory(FileUploadHandler):
    """Keeps each file as it is: the body, which is small enough, is in memory already."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.parts: list[bytes] = []

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.parts.append(raw_data)

    def file_complete(self, file_size: int) -> Any:
        return Upload(name=self.file_name or "", content=b"".join(self.parts))
