"""The inventory as CSV: exactly the items of a filter, in its order."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime

from app.core import clock
from app.core.money import price_text
from app.core.present import zone_info
from app.inventory import reads
from app.inventory.schemas import ItemFilter

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_HEAD = ("SKU", "Name", "Kind", "Category", "Unit price", "On hand", "Reserved", "Available", "Reorder at", "State")


def safe_cell(text: str) -> str:
    """Return text that no spreadsheet takes for a formula (owasp.org/www-community/attacks/CSV_Injection)."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def time_cell(at: datetime, zone: str) -> str:
    """Return an instant as spreadsheets and scripts read it: `2026-08-23 09:00:00+01:00`."""
    return at.astimezone(zone_info(zone)).isoformat(sep=" ", timespec="seconds")


def csv_chunks(wanted: ItemFilter, sort: str | None, *, currency: str, zone: str) -> Iterator[str]:
    """Yield the file in pieces.

    Args:
        wanted: The filter.
        sort: Its order.
        currency: The company's, named in the head.
        zone: The reader's time zone, in which the last column is written and named.
    """
    yield head_line(currency, zone)
    for rows in reads.stream_rows(wanted, sort):
        yield lines_of(rows, zone)


def head_line(currency: str, zone: str) -> str:
    """Return the first line, with the mark that tells spreadsheets it is UTF-8."""
    head = [*_HEAD, f"Changed ({zone})"]
    head[4] = f"Unit price ({currency})"
    return "\ufeff" + _line(head)


def lines_of(rows: list[reads.StockRow], zone: str) -> str:
    """Return the lines of some items."""
    return "".join(_line(_cells(row, zone)) for row in rows)


def _cells(row: reads.StockRow, zone: str) -> list[str]:
    figures = (row.on_hand, row.reserved, row.available, row.reorder_point)
    texts = (row.sku, row.name, row.kind.value, row.category)
    return [
        *map(safe_cell, texts), price_text(row.unit_price), *map(str, figures), row.state,
        time_cell(row.updated_at, zone),
    ]  # fmt: skip


def _line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def file_name(company_slug: str) -> str:
    """Return a name that says whose and when."""
    return f"inventory-{company_slug}-{clock.now():%Y%m%d-%H%M}.csv"
