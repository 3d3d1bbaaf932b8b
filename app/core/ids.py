"""Names of rows: ULIDs outside, integers inside."""

import os
import time
from datetime import datetime
from typing import NewType

CompanyId = NewType("CompanyId", int)
UserId = NewType("UserId", int)

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_BITS = 80


def new_ulid() -> str:
    """Return a new ULID: 26 characters, sortable by time. Source: github.com/ulid/spec."""
    return _spell(time.time_ns() // 1_000_000, _draw())


def past_ulid(at: datetime) -> str:
    """Return a new ULID for what happened at an instant."""
    return _spell(int(at.timestamp() * 1000), _draw())


def ulid_floor(at: datetime) -> str:
    """Return the smallest ULID of an instant, so that a range of time is a range of ids."""
    return _spell(max(int(at.timestamp() * 1000), 0), 0)


def _draw() -> int:
    return int.from_bytes(os.urandom(_RANDOM_BITS // 8), "big")


def _spell(at_ms: int, random: int) -> str:
    number = at_ms << _RANDOM_BITS | random
    digits = []
    for _ in range(26):
        number, rest = divmod(number, 32)
        digits.append(_ALPHABET[rest])
    return "".join(reversed(digits))
