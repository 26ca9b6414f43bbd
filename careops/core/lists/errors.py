"""The situations in which a list cannot be read."""

from typing import TYPE_CHECKING

from careops.core.problems import Invalid

if TYPE_CHECKING:
    from careops.core.lists.layout import Layout


class FileRefused(Invalid):
    code, detail = "file_refused", "The file cannot be read."


class ColumnsUnclear(FileRefused):
    """A column of the file has no known meaning. ``layout`` holds the guess for each column."""

    code = "columns_unclear"

    def __init__(self, layout: "Layout") -> None:
        self.layout = layout
        super().__init__(" ".join(layout.doubts))
