"""Rows of text become proposed order lines, each with what it rests on and how sure it is."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import permutations

from app.documents.reading.layout import Cell

QUANTITY = re.compile(r"\b(qty|quantity|units|pcs|pieces|menge|anzahl|cantidad|quantité)\b", re.IGNORECASE)
PRICE = re.compile(r"\b(unit price|price|each|preis|precio|prix)\b", re.IGNORECASE)
CUSTOMER = re.compile(r"^\s*(customer|bill to|ship to|buyer|ordered by|kunde)\s*[:.]\s*(.+)$", re.IGNORECASE)
NUMBER = re.compile(r"[£€$]?\s*(\d{1,3}(?:,\d{3})+|\d+)([.,]\d{1,4})?", re.ASCII)
MOST_UNITS = 1_000_000
# Letters and digits that engines, and people, take for one another.
ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1", "S": "5", "B": "8", "Z": "2", "Q": "0"})
LEAST_LIKE = 0.45
SURE_OF_COLUMN, SURE_OF_SUM, SURE_OF_GUESS = 0.98, 0.98, 0.6
ALIKE_ONLY = 0.85  # of an exact SKU


@dataclass(frozen=True)
class Known:
    """An item that may be meant."""

    sku: str
    name: str


@dataclass
class Proposal:
    """A line somebody may want to order.

    Attributes:
        text: The row as it was read.
        confidence: 0 to 1: how sure item and quantity are, the weaker of the two.
        others: SKUs that may be meant instead.
    """

    text: str
    sku: str
    name: str
    quantity: int
    unit_price: str | None
    confidence: float
    others: list[str] = field(default_factory=list)


@dataclass
class Columns:
    """Where the head of the table says quantities and prices stand; None where it does not."""

    quantity: float | None = None
    price: float | None = None


def spell(text: str) -> str:
    """Return a SKU as look-alikes have it: `GIFT/O1` and `gift/01` are spelled the same."""
    return re.sub(r"[\s_]", "", text.upper()).translate(ALIKE)


def tokens_of(rows: Iterable[Sequence[Cell]]) -> set[str]:
    """Return everything on a sheet that can be a SKU, as look-alikes have it."""
    return {spell(word) for row in rows for cell in row for word in [cell.text, *cell.text.split()]}


def propose_lines(
    rows: Sequence[Sequence[Cell]],
    by_spelling: Mapping[str, list[Known]],
    alike: Mapping[str, list[tuple[Known, float]]],
) -> list[Proposal]:
    """Return the lines that can be read from a sheet.

    Args:
        rows: From top to bottom.
        by_spelling: Items by the spelling of their SKU, those that stand on the sheet.
        alike: For the text of a row without a SKU: items with such a name, and how alike it is, best first.
    """
    columns, found = Columns(), []
    for row in rows:
        if heads := heads_of(row):
            columns = heads
            continue
        proposal = propose_line(row, columns, by_spelling, alike)
        if proposal is not None:
            found.append(proposal)
    return found


def heads_of(row: Sequence[Cell]) -> Columns | None:
    """Return the columns when a row is the head of a table."""
    columns = Columns()
    for cell in row:
        if QUANTITY.search(cell.text):
            columns.quantity = cell.x
        if PRICE.search(cell.text):
            columns.price = cell.x
    has_number = any(NUMBER.fullmatch(cell.text) for cell in row)
    return columns if columns.quantity is not None and not has_number else None


def propose_line(
    row: Sequence[Cell], columns: Columns, by_spelling: Mapping[str, list[Known]],
    alike: Mapping[str, list[tuple[Known, float]]],
) -> Proposal | None:  # fmt: skip
    """Return the line a row means; None for one that names no item or no quantity."""
    text = text_of(row)
    at, candidates = find_item(row, by_spelling)
    if not candidates:
        candidates = [one for one in alike.get(text, []) if one[1] >= LEAST_LIKE]
    numbers = [(cell, *number) for place, cell in enumerate(row) if place != at and (number := read_number(cell.text))]
    quantity, price, sure = choose_numbers(numbers, columns)
    if not candidates or quantity is None:
        return None
    (item, likeness), *others = candidates
    return Proposal(
        text, item.sku, item.name, quantity, price, round(min(likeness, sure), 2), [one.sku for one, _ in others[:3]]
    )


def text_of(row: Sequence[Cell]) -> str:
    """Return a row as one text."""
    return " ".join(cell.text for cell in row)


def find_item(
    row: Sequence[Cell], by_spelling: Mapping[str, list[Known]]
) -> tuple[int | None, list[tuple[Known, float]]]:
    """Return which cell holds a SKU, and the items it may be, the likeliest first."""
    for place, cell in enumerate(row):
        for word in [cell.text, *cell.text.split()]:
            known = by_spelling.get(spell(word), [])
            # A plain number is a quantity or a price unless it stands where SKUs do: first.
            if known and (place == 0 or not word.isdecimal()):
                ranked = [(one, cell.sure * (1.0 if one.sku.upper() == word.upper() else ALIKE_ONLY)) for one in known]
                return place, sorted(ranked, key=lambda pair: -pair[1])
    return None, []


def read_number(text: str) -> tuple[Decimal, bool] | None:
    """Return a number and whether it has decimals; None for a text that is none."""
    match = NUMBER.fullmatch(text.strip().removesuffix("x").removesuffix("×").strip())
    if match is None:
        return None
    whole, part = match[1].replace(",", ""), match[2] or ""
    return Decimal(whole + part.replace(",", ".")), bool(part)


def choose_numbers(
    numbers: Sequence[tuple[Cell, Decimal, bool]], columns: Columns
) -> tuple[int | None, str | None, float]:
    """Return quantity, unit price, and how sure they are.

    A head that says where quantities stand decides; then numbers of which one is the product of two others; else the
    first whole number is a guess.
    """
    whole = [one for one in numbers if not one[2] and 0 < one[1] <= MOST_UNITS]
    if columns.quantity is not None and whole:
        cell, units, _ = min(whole, key=lambda one: abs(one[0].x - (columns.quantity or 0.0)))
        rest = [one for one in numbers if one[0] is not cell]
        return int(units), price_at(rest, columns.price, units), cell.sure * SURE_OF_COLUMN
    for (cell, units, is_part), (_, price, _), (_, amount, _) in permutations(numbers, 3):
        if not is_part and units > 1 and abs(units * price - amount) < Decimal("0.01"):
            return int(units), str(price), cell.sure * SURE_OF_SUM
    if not whole:
        return None, None, 0.0
    priced = [one for one in numbers if one[2]]
    return int(whole[0][1]), str(priced[0][1]) if priced else None, whole[0][0].sure * SURE_OF_GUESS


def price_at(numbers: Sequence[tuple[Cell, Decimal, bool]], x: float | None, units: Decimal) -> str | None:
    """Return the unit price: the number whose product with the quantity stands there too, else the nearest to its head."""
    for (_, price, _), (_, amount, _) in permutations(numbers, 2):
        if abs(units * price - amount) < Decimal("0.01") and units != 1:
            return str(price)
    if x is None or not numbers:
        return None
    return str(min(numbers, key=lambda one: abs(one[0].x - x))[1])


def customer_of(rows: Iterable[Sequence[Cell]]) -> str:
    """Return who orders, where the sheet says so; "" otherwise."""
    for row in rows:
        if match := CUSTOMER.match(text_of(row)):
            return match[2].strip()[:200]
    return ""
