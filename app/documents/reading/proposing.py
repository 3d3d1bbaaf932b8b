"""Rows of text become proposed order lines, each with what it rests on and how sure it is."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import permutations

from app.documents.reading.layout import Cell
from app.documents.reading.wording import (
    MOST_UNITS,
    SURE_OF_GUESS,
    SURE_OF_SUM,
    read_marked,
    read_number,
    read_said,
)

QUANTITY = re.compile(r"\b(qty|quantity|units|pcs|pieces|menge|anzahl|cantidad|quantité)\b", re.IGNORECASE)
PRICE = re.compile(r"\b(unit price|price|each|preis|precio|prix)\b", re.IGNORECASE)
CUSTOMER = re.compile(r"^\s*(customer|bill to|ship to|buyer|ordered by|kunde)\s*[:.]\s*(.+)$", re.IGNORECASE)
AMOUNT = re.compile(r"\b(amount|(?:line )?total|sum|betrag|importe|montant)\b", re.IGNORECASE)
EDGES = ",;:.()[]"  # beside a word, not of it
# Letters and digits that engines, and people, take for one another.
ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1", "S": "5", "B": "8", "Z": "2", "Q": "0"})
LEAST_LIKE = 0.45
SURE_OF_COLUMN = 0.98
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
    """Where the head of the table says quantities and prices stand; None where it does not.

    Attributes:
        order: What it says its numbers are, from left to right: all there is where the head is one piece of text.
    """

    quantity: float | None = None
    price: float | None = None
    order: list[str] = field(default_factory=list)


def spell(text: str) -> str:
    """Return a SKU as look-alikes have it: `GIFT/O1` and `gift/01` are spelled the same."""
    return re.sub(r"[\s_]", "", text.upper()).translate(ALIKE)


def tokens_of(rows: Iterable[Sequence[Cell]]) -> set[str]:
    """Return everything on a sheet that can be a SKU, as look-alikes have it."""
    return {spell(word) for row in rows for cell in row for word in words_in(cell)}


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
        for part in parts_of(row, by_spelling):
            proposal = propose_line(part, columns, by_spelling, alike)
            if proposal is not None:
                found.append(proposal)
    return found


def heads_of(row: Sequence[Cell]) -> Columns | None:
    """Return the columns when a row is the head of a table."""
    text = text_of(row)
    places = {
        name: match.start()
        for name, heads in (("quantity", QUANTITY), ("price", PRICE), ("amount", AMOUNT))
        if (match := heads.search(text))
    }
    # `3 pcs CUP-10` is a line, though it has a word that heads have.
    if "quantity" not in places or any(read_number(word) for word in text.split()):
        return None
    columns = Columns(order=sorted(places, key=lambda name: places[name]))
    for cell in row if len(row) > 1 else []:
        if QUANTITY.search(cell.text):
            columns.quantity = cell.x
        if PRICE.search(cell.text):
            columns.price = cell.x
    return columns


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
    words = text.split()
    spot = place_of_word(words, by_spelling)
    quantity, price, sure = read_marked(words, spot)
    if quantity is None:
        quantity, price, sure = choose_numbers(numbers, columns)
    if quantity is None:
        quantity, price, sure = read_said(words, spot, columns.order)
        sure *= min(cell.sure for cell in row)
    if not candidates or quantity is None:
        return None
    (item, likeness), *others = candidates
    return Proposal(
        text, item.sku, item.name, quantity, price, round(min(likeness, sure), 2), [one.sku for one, _ in others[:3]]
    )


def text_of(row: Sequence[Cell]) -> str:
    """Return a row as one text."""
    return " ".join(cell.text for cell in row)


def words_in(cell: Cell) -> list[str]:
    """Return what in a cell can be a SKU: all of it, then its words, plain numbers last."""
    words = [word.strip(EDGES) for word in cell.text.split()]
    return [cell.text, *sorted((word for word in words if word), key=str.isdecimal)]


def find_item(
    row: Sequence[Cell], by_spelling: Mapping[str, list[Known]]
) -> tuple[int | None, list[tuple[Known, float]]]:
    """Return which cell holds a SKU, and the items it may be, the likeliest first."""
    for place, cell in enumerate(row):
        for word in words_in(cell):
            known = by_spelling.get(spell(word), [])
            # A plain number is a quantity or a price unless it stands where SKUs do: first, or after `3 x`.
            if known and (not word.isdecimal() or (place == 0 and stands_first(word, cell.text))):
                ranked = [(one, cell.sure * (1.0 if one.sku.upper() == word.upper() else ALIKE_ONLY)) for one in known]
                return place, sorted(ranked, key=lambda pair: -pair[1])
    return None, []


def stands_first(word: str, text: str) -> bool:
    """Say whether a text begins with a word, or with how many of it."""
    return re.match(rf"(?:\d+\s*[x×*]\s+)?{re.escape(word)}(?!\w)", text.strip(), re.IGNORECASE) is not None


def place_of_word(words: Sequence[str], by_spelling: Mapping[str, list[Known]]) -> int | None:
    """Return which word of a row is a SKU: one with letters before a plain number, which has to stand first."""
    found = [at for at, word in enumerate(words) if by_spelling.get(spell(word.strip(EDGES)))]
    lettered = [at for at in found if not words[at].strip(EDGES).isdecimal()]
    first = [at for at in found if stands_first(words[at].strip(EDGES), " ".join(words[: at + 1]))]
    return next(iter([*lettered, *first]), None)


def parts_of(row: Sequence[Cell], by_spelling: Mapping[str, list[Known]]) -> list[Sequence[Cell]]:
    """Return a row that lists several SKUs in one piece of text (`3 x CUP-10, 2 x LAMP-07`) as a row for each."""
    if len(row) == 1:
        parts = [part for part in re.split(r"[;,]\s+", row[0].text) if part]
        if len(parts) > 1 and all(place_of_word(part.split(), by_spelling) is not None for part in parts):
            return [[Cell(part, row[0].x, row[0].sure)] for part in parts]
    return [row]


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
