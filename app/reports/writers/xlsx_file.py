"""A report as XLSX: a sheet of sums, a sheet of rows, written line by line in constant memory."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import IO, Any

import xlsxwriter

from app.core.present import format_exact
from app.reports.content import Cell, Content

STEP = 500
MOST_ROWS = 1_048_000  # a sheet holds 1,048,576
EXACT_DIGITS = 15  # of a number in a spreadsheet; a longer one is written as text, to the last digit
# Texts stay texts: what looks like a formula or an address is neither.
OPTIONS = {
    "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
    "default_date_format": "yyyy-mm-dd",
}  # fmt: skip


class Book:
    """A workbook with the formats it needs."""

    def __init__(self, target: IO[bytes]) -> None:
        self.book: Any = xlsxwriter.Workbook(target, OPTIONS)  # the library has no types
        self.head: Any = self.book.add_format({"bold": True, "bottom": 1})
        self.title: Any = self.book.add_format({"bold": True, "font_size": 14})
        self._decimals: dict[int, Any] = {}

    def decimals(self, digits: int) -> Any:  # Any: as above
        """Return the format of numbers with so many digits after the point."""
        if digits not in self._decimals:
            code = "#,##0" + ("." + "0" * digits if digits else "")
            self._decimals[digits] = self.book.add_format({"num_format": code})
        return self._decimals[digits]

    def write(self, sheet: Any, at: int, row: Sequence[Cell]) -> None:  # Any: as above
        """Write a row."""
        for column, cell in enumerate(row):
            if isinstance(cell, Decimal):
                self._write_decimal(sheet, at, column, cell)
            elif isinstance(cell, date):
                sheet.write_datetime(at, column, cell)
            elif isinstance(cell, int):
                sheet.write_number(at, column, cell)
            else:
                sheet.write_string(at, column, cell)

    def _write_decimal(self, sheet: Any, at: int, column: int, cell: Decimal) -> None:  # Any: as above
        exponent = cell.as_tuple().exponent
        digits = -exponent if isinstance(exponent, int) and exponent < 0 else 0
        if len(cell.as_tuple().digits) > EXACT_DIGITS:
            sheet.write_string(at, column, f"{cell:f}")
        else:
            sheet.write_number(at, column, float(cell), self.decimals(digits))


def write_xlsx(content: Content, target: IO[bytes], step: Callable[[int], None]) -> None:
    """Write both sheets."""
    made = Book(target)
    write_sums(made, content)
    write_rows(made, content, step)
    made.book.close()


def write_sums(made: Book, content: Content) -> None:
    """Write title, sums, and how they are made."""
    sheet = made.book.add_worksheet("Summary")
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 10, 18)
    sheet.write_string(0, 0, f"{content.title}, {content.company}", made.title)
    sheet.write_string(1, 0, f"{content.period.words}, days of {content.period.zone}")
    sheet.write_string(2, 0, f"Made {format_exact(content.made_at, content.period.zone)}")
    at = 4
    for table in content.tables:
        sheet.write_string(at, 0, table.title, made.head)
        sheet.write_row(at + 1, 0, table.head, made.head)
        for offset, row in enumerate(table.rows, start=at + 2):
            made.write(sheet, offset, row)
        at += len(table.rows) + 3
    for offset, sentence in enumerate(content.how, start=at):
        sheet.write_string(offset, 0, sentence)


def write_rows(made: Book, content: Content, step: Callable[[int], None]) -> None:
    """Write the long table; what a sheet cannot hold is said in its last line."""
    sheet = made.book.add_worksheet("Rows")
    sheet.set_column(0, len(content.detail_head), 16)
    sheet.write_row(0, 0, content.detail_head, made.head)
    sheet.freeze_panes(1, 0)
    for number, row in enumerate(content.detail(), start=1):
        if number > MOST_ROWS:
            sheet.write_string(number, 0, "There are more rows than a sheet holds; the CSV has all of them.")
            return
        made.write(sheet, number, row)
        if number % STEP == 0:
            step(number)
