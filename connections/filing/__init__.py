"""Files that people hand in: what they are by their content, a name that is safe, and the shelf they lie on."""

from connections.filing.kinds import FileRefused, kind_of, words_of
from connections.filing.names import safe_name
from connections.filing.shelf import Shelf

__all__ = ["FileRefused", "Shelf", "kind_of", "safe_name", "words_of"]
