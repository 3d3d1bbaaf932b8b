"""Quantities said in words beside a SKU: `3 x CUP-10`, `CUP-10 x 2`, `CUP-10 Cup, black 3 12.50`; for rows without cells."""

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import permutations

NUMBER = re.compile(r"[£€$]?\s*(\d{1,3}(?:,\d{3})+|\d+)([.,]\d{1,4})?", re.ASCII)
WHOLE = r"(\d{1,3}(?:,\d{3})+|\d+)"
PIECES = r"(?:pcs?|pieces?|units?|stk|ea|each)\.?"
BEFORE = re.compile(rf"(?:^|\s){WHOLE}\s*(?:[x×*]|{PIECES}(?:\s+of)?)\s*$", re.IGNORECASE | re.ASCII)
AFTER = re.compile(
    rf"^\s*[-:,=(]*\s*(?:[x×*]\s*{WHOLE}|{WHOLE}\s*{PIECES})(?=[\s,;.)]|$)(?![.,]\d)", re.IGNORECASE | re.ASCII
)
FIRST = re.compile(rf"^[-•*\s]*{WHOLE}\s*$", re.ASCII)
NEXT = re.compile(rf"^\s*[-:=(]*\s*{WHOLE}\)?(?=\s|$)", re.ASCII)
FILLING = re.compile(rf"[x×*@=]|at|{PIECES}", re.IGNORECASE)  # stands between numbers at the end of a row
MOST_UNITS = 1_000_000
SURE_OF_MARK, SURE_OF_HEAD, SURE_OF_SUM, SURE_OF_GUESS = 0.95, 0.95, 0.98, 0.6
Said = tuple[int | None, str | None, float]
NOTHING: Said = (None, None, 0.0)


def read_number(text: str) -> tuple[Decimal, bool] | None:
    """Return a number and whether it has decimals; None for a text that is none."""
    match = NUMBER.fullmatch(text.strip().removesuffix("x").removesuffix("×").strip())
    if match is None:
        return None
    whole, part = match[1].replace(",", ""), match[2] or ""
    return Decimal(whole + part.replace(",", ".")), bool(part)


def read_marked(words: Sequence[str], at: int | None) -> Said:
    """Return quantity, price and sureness where a row marks the number beside the SKU: `3 x`, `x 3`, `3 pcs`."""
    if at is None:
        return NOTHING
    before, after = " ".join(words[:at]), " ".join(words[at + 1 :])
    match = AFTER.match(after) or BEFORE.search(before)
    units = int(next(found for found in match.groups() if found).replace(",", "")) if match else 0
    if not 0 < units <= MOST_UNITS:
        return NOTHING
    return units, price_of(words[at + 1 :]), SURE_OF_MARK


def price_of(words: Sequence[str]) -> str | None:
    """Return the first number with decimals."""
    found = [number for word in words if (number := read_number(word)) and number[1]]
    return str(found[0][0]) if found else None


def read_said(words: Sequence[str], at: int | None, heads: Sequence[str]) -> Said:
    """Return quantity, price and sureness from the numbers a row ends with, or those beside its SKU.

    Args:
        words: The row.
        at: Which word is the SKU; None when the row names its item otherwise.
        heads: What the head of the table says its numbers are, from left to right: quantity, price, amount.
    """
    said = read_tail(tail_of(words[0 if at is None else at + 1 :]), heads)
    if said[0] is not None or at is None:
        return said
    match = NEXT.match(" ".join(words[at + 1 :])) or FIRST.match(" ".join(words[:at]))
    units = int(match[1].replace(",", "")) if match else 0
    if not 0 < units <= MOST_UNITS:
        return NOTHING
    return units, price_of(words[at + 1 :]), SURE_OF_HEAD if "quantity" in heads else SURE_OF_GUESS


def tail_of(words: Sequence[str]) -> list[tuple[Decimal, bool]]:
    """Return the numbers a row ends with, from left to right: three at most."""
    tail: list[tuple[Decimal, bool]] = []
    for word in reversed(words):
        number = read_number(re.sub(rf"^[(@x×]|[),;]$|(?<=\d){PIECES}$", "", word, flags=re.IGNORECASE))
        if number is not None and len(tail) < 3:  # noqa: PLR2004 (quantity, price, amount)
            tail.insert(0, number)
        elif number is not None or not FILLING.fullmatch(word):
            break
    return tail


def read_tail(tail: Sequence[tuple[Decimal, bool]], heads: Sequence[str]) -> Said:
    """Return which of the last numbers is the quantity, which the price, and how sure that is."""
    for (units, is_part), (price, _), (amount, _) in permutations(tail, 3):
        if not is_part and 1 < units <= MOST_UNITS and abs(units * price - amount) < Decimal("0.01"):
            return int(units), str(price), SURE_OF_SUM
    if heads and len(tail) >= len(heads):
        named = dict(zip(reversed(heads), reversed(tail), strict=False))
        units, is_part = named.get("quantity", (Decimal(0), True))
        if not is_part and 0 < units <= MOST_UNITS:
            return int(units), str(named["price"][0]) if "price" in named else None, SURE_OF_HEAD
    whole = [number for number, is_part in tail if not is_part and 0 < number <= MOST_UNITS]
    priced = [number for number, is_part in tail if is_part]
    if not whole:
        return NOTHING
    sure = SURE_OF_HEAD if "quantity" in heads and len(whole) == 1 else SURE_OF_GUESS
    return int(whole[-1]), str(priced[0]) if priced else None, sure
