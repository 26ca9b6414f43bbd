"""A parser of XML from strangers: no document type, and no piece of markup that is longer than any workbook needs."""

from typing import NoReturn
from xml.parsers import expat

# Expat scans an unfinished tag anew with each chunk, so a long one costs the square of its length.
LONGEST_TAG = 1_000_000


class BoundedParser:
    """Calls the handlers of ``expat``, the parser inside, for what it is fed."""

    def __init__(self, namespace_separator: str | None = None) -> None:
        self.expat = expat.ParserCreate(namespace_separator=namespace_separator)
        self.expat.buffer_text = True
        self.expat.StartDoctypeDeclHandler = _refuse  # every attack on a parser needs a document type
        self._fed = 0

    def feed(self, chunk: bytes) -> None:
        """Take the next piece. An empty one ends the document. Raises ValueError and ExpatError."""
        self.expat.Parse(chunk, not chunk)
        self._fed += len(chunk)
        if self._fed - self.expat.CurrentByteIndex > LONGEST_TAG:
            raise ValueError


def _refuse(*_: object) -> NoReturn:
    raise ValueError
