"""Names of rows: ULIDs outside, integers inside."""

import os
import time
from typing import NewType

CompanyId = NewType("CompanyId", int)
UserId = NewType("UserId", int)

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_ulid() -> str:
    """Return a new ULID: 26 characters, sortable by time. Source: github.com/ulid/spec."""
    number = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    digits = []
    for _ in range(26):
        number, rest = divmod(number, 32)
        digits.append(_ALPHABET[rest])
    return "".join(reversed(digits))
