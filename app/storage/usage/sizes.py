"""Sizes as people type them: 500 GB, 1.5 TB, 200 MB; decimal units."""

import re
from decimal import Decimal

UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "PB": 10**15}
TYPED = re.compile(r"(\d{1,16}(?:\.\d{1,9})?)\s*([KMGTP]?B?)", re.ASCII)


def parse_size(text: str) -> int:
    """Return a typed size in bytes; a figure alone means GB.

    Raises:
        ValueError: It is no size.
    """
    found = TYPED.fullmatch(text.strip().replace(",", "").upper())
    if found is None:
        raise ValueError
    unit = found[2] if found[2].endswith("B") else f"{found[2] or 'G'}B"
    return int(Decimal(found[1]) * UNITS[unit])


def exact_size(size: int | None) -> str:
    """Return a size so that it can be typed again without losing a byte: 500 GB, 1.5 TB, 1234567 B; "" for none."""
    if size is None:
        return ""
    for unit, factor in reversed(UNITS.items()):
        scaled = Decimal(size) / factor
        if scaled >= 1 and scaled == scaled.quantize(Decimal("0.001")):
            return f"{scaled.normalize():f} {unit}"
    return f"{size} B"
