"""One line of a sales file: what kind it is, or why it cannot be used.

The rules were found in a real retailer's file: a leading C is a cancellation, a leading A an adjustment of
bad debt, a negative quantity without a price on an ordinary invoice writes stock off.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from app.inventory.fields import check_sku
from app.orders.imports.files import Rows

# Our name of each column, with the names other exports use.
COLUMNS = {
    "InvoiceNo": ("Invoice", "Invoice Number"),
    "StockCode": ("SKU",),
    "Description": ("Name", ""),
    "Quantity": ("Qty",),
    "InvoiceDate": ("Date",),
    "UnitPrice": ("Price", "Unit Price"),
    "CustomerID": ("Customer ID", "Customer", ""),
    "Country": ("",),
}
KINDS = ("sale", "free", "return", "write-off", "adjustment")
MAX_SKU, MAX_INVOICE, MAX_TEXT, MAX_UNITS = 100, 40, 500, 10_000_000
WHOLE = re.compile(r"-?\d{1,18}")
PRICE = re.compile(r"-?\d{1,10}(\.\d+)?")
MAX_DECIMALS = 4


class Line(NamedTuple):
    """A line that can be used.

    Attributes:
        ordinal: Its place within its invoice, counted from 1 over all lines of that invoice in the file.
        invoiced_at: The file's wall clock, without a zone.
    """

    invoice_no: str
    ordinal: int
    kind: str
    sku: str
    description: str
    quantity: int
    unit_price: Decimal
    invoiced_at: datetime
    customer_ref: str
    country: str


class Skip(NamedTuple):
    """A line that cannot, and why."""

    line_no: int
    reason: str
    line: str


def read_lines(rows: Rows) -> Iterator[tuple[int, Line | Skip]]:
    """Yield each row of the file as a line, or as skipped with its reason."""
    ordinals: dict[str, int] = {}
    for line_no, row, text in rows:
        if len(row) == 1:
            yield line_no, skip(line_no, row[0], text)
            continue
        invoice_no = row[0].strip()
        ordinal = ordinals[invoice_no] = ordinals.get(invoice_no, 0) + 1
        found = read_line(row, invoice_no, ordinal)
        yield line_no, skip(line_no, found, text) if isinstance(found, str) else found


def skip(line_no: int, reason: str, text: str) -> Skip:
    """Keep a line that cannot be used as it stands in the file, without what cannot be stored."""
    return Skip(line_no, reason, text.rstrip("\r\n")[:MAX_TEXT].replace("\x00", ""))


def read_line(row: list[str], invoice_no: str, ordinal: int) -> Line | str:
    """Return a line, or the sentence that says why not."""
    _, sku, description, units, at, price, customer, country = (cell.strip() for cell in row)
    wrong = refuse_texts(invoice_no, sku, row) or refuse_numbers(units, price)
    if wrong:
        return wrong
    try:
        invoiced_at = datetime.fromisoformat(at)
    except ValueError:
        return "The invoice date is not like 2010-12-01 08:26:00."
    quantity, unit_price = int(units), Decimal(price)
    kind = kind_of(invoice_no, quantity, unit_price)
    if kind not in KINDS:
        return kind
    return Line(
        invoice_no, ordinal, kind, sku, description[:MAX_TEXT], quantity, unit_price, invoiced_at.replace(tzinfo=None),
        customer.removesuffix(".0")[:MAX_SKU], country[:MAX_SKU],
    )  # fmt: skip


def refuse_texts(invoice_no: str, sku: str, row: list[str]) -> str | None:
    """Return what is wrong with the names of a line."""
    if not invoice_no:
        return "It has no invoice number."
    if not sku:
        return "It has no stock code."
    if len(invoice_no) > MAX_INVOICE:
        return "The invoice number is longer than 40 characters."
    if wrong := wrong_sku(sku):
        return wrong
    if any("\x00" in cell for cell in row):
        return "It holds the NUL character, which cannot be stored."
    return None


def refuse_numbers(units: str, price: str) -> str | None:
    """Return what is wrong with the numbers of a line."""
    if not WHOLE.fullmatch(units) or abs(int(units)) > MAX_UNITS:
        return "The quantity is not a whole number up to 10,000,000."
    if not (match := PRICE.fullmatch(price)):
        return "The unit price is not a number with at most ten digits before the point."
    if match[1] and len(match[1].rstrip("0")) - 1 > MAX_DECIMALS:
        return "The unit price has more than four decimals."
    return None


@lru_cache(maxsize=100_000)
def wrong_sku(sku: str) -> str | None:
    """Return what is wrong with a stock code; the inventory decides. A file repeats each many times."""
    if len(sku) > MAX_SKU:
        return "The stock code is longer than 100 characters."
    try:
        check_sku(sku)
    except ValueError as error:
        return f"The stock code {error}."
    return None


def kind_of(invoice_no: str, quantity: int, unit_price: Decimal) -> str:
    """Return the kind of a line, or the sentence that says why it has none."""
    letter = invoice_no[0].upper()
    if quantity == 0:
        return "The quantity is zero."
    if letter == "A":
        return "adjustment"
    if unit_price < 0:
        return "The unit price is negative, and the invoice is no adjustment."
    if letter == "C":
        return "return" if quantity < 0 else "It cancels a positive quantity."
    if quantity < 0:
        return "write-off" if unit_price == 0 else "The quantity is negative, and the invoice is no cancellation."
    return "sale" if unit_price else "free"
