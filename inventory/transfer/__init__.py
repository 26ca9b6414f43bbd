"""Items in files: what a CSV file or an Excel workbook says, and writing one. Nothing here asks the database."""

from inventory.transfer.reading import open_table
from inventory.transfer.rows import COLUMNS, Mistake, Row, Table
from inventory.transfer.writing import csv_lines, xlsx_file

__all__ = ["COLUMNS", "Mistake", "Row", "Table", "csv_lines", "open_table", "xlsx_file"]
