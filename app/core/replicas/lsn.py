"""Positions in the write-ahead log: `0/16B3748` as PostgreSQL writes them, numbers as we compare them."""

import re

_TEXT = re.compile(r"([0-9A-Fa-f]{1,8})/([0-9A-Fa-f]{1,8})")


def read_lsn(text: str) -> int | None:
    """Return a position as a number; None when the text is none."""
    match = _TEXT.fullmatch(text)
    return None if match is None else int(match[1], 16) << 32 | int(match[2], 16)


def write_lsn(position: int) -> str:
    """Return a position as PostgreSQL writes it."""
    return f"{position >> 32:X}/{position & 0xFFFFFFFF:X}"
