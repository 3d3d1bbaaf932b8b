"""A report as a file: one module a format, each taking what it says and an open file."""

from collections.abc import Callable
from typing import IO

from app.reports.content import Content
from app.reports.states import Format
from app.reports.writers.csv_file import write_csv
from app.reports.writers.pdf_file import write_pdf
from app.reports.writers.xlsx_file import write_xlsx

Step = Callable[[int], None]
WRITERS: dict[Format, Callable[[Content, IO[bytes], Step], None]] = {
    Format.CSV: write_csv,
    Format.XLSX: write_xlsx,
    Format.PDF: write_pdf,
}
MIMETYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.PDF: "application/pdf",
}

__all__ = ["MIMETYPES", "WRITERS"]
