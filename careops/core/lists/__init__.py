"""Lists in files: CSV and Excel workbooks, as the program that wrote them shows them. No column has a meaning here."""

from careops.core.lists.cells import Cell, is_empty, neutral, shown, text_of
from careops.core.lists.errors import ColumnsUnclear, FileRefused
from careops.core.lists.layout import Choices, Column, Layout, Place, find_layout, normal
from careops.core.lists.opening import open_source
from careops.core.lists.source import Source
from careops.core.lists.values import DAY_ORDERS, MARKS, Evidence

__all__ = [
    "DAY_ORDERS",
    "MARKS",
    "Cell",
    "Choices",
    "Column",
    "ColumnsUnclear",
    "Evidence",
    "FileRefused",
    "Layout",
    "Place",
    "Source",
    "find_layout",
    "is_empty",
    "neutral",
    "normal",
    "open_source",
    "shown",
    "text_of",
]
