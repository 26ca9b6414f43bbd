"""Items in files: what a CSV file or an Excel workbook says, and writing one. Nothing here asks the database."""

from inventory.transfer.columns import COLUMNS, KNOWN, NEEDED, TITLES
from inventory.transfer.rows import Mistake, Row, Table, open_layout, open_table
from inventory.transfer.writing import csv_lines, xlsx_file

__all__ = [
    "COLUMNS",
    "KNOWN",
    "NEEDED",
    "TITLES",
    "Mistake",
    "Row",
    "Table",
    "csv_lines",
    "open_layout",
    "open_table",
    "xlsx_file",
]
