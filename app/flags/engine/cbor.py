"""Canonical CBOR (RFC 8949 section 4.2, keys in the length-first order) of JSON values.

Only what flagd's third way of bucketing hashes: whole floats are written as integers, other floats in the
shortest form that keeps their value.
"""

import math
import struct
from typing import Any

_UNSIGNED, _NEGATIVE, _TEXT, _LIST, _MAP = 0, 1, 3, 4, 5
_FALSE, _TRUE, _NULL = b"\xf4", b"\xf5", b"\xf6"
_DIRECT = 24  # smaller arguments stand in the first byte
_LARGEST = 2**64
_SMALLEST_WHOLE = -(2**63)


def encode(value: Any) -> bytes:
    """Write a JSON value.

    Raises:
        ValueError: The value is not JSON, is nested too deeply, or holds half a surrogate pair.
    """
    if value is None:
        return _NULL
    if isinstance(value, bool):
        return _TRUE if value else _FALSE
    if isinstance(value, float):
        whole = value.is_integer() and _SMALLEST_WHOLE <= value < _LARGEST
        return _integer(int(value)) if whole else _float(value)
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, str):
        raw = value.encode()
        return _head(_TEXT, len(raw)) + raw
    if isinstance(value, list | tuple):
        return _head(_LIST, len(value)) + b"".join(encode(item) for item in value)
    if isinstance(value, dict):
        pairs = sorted(((encode(key), encode(item)) for key, item in value.items()), key=lambda p: (len(p[0]), p[0]))
        return _head(_MAP, len(pairs)) + b"".join(key + item for key, item in pairs)
    raise ValueError(f"{type(value).__name__} is not JSON")


def _integer(value: int) -> bytes:
    if not -_LARGEST <= value < _LARGEST:
        return _big(value)
    return _head(_UNSIGNED, value) if value >= 0 else _head(_NEGATIVE, -1 - value)


def _big(value: int) -> bytes:
    """Write an integer beyond 64 bits as a tagged byte string (tags 2 and 3)."""
    size = value if value >= 0 else -1 - value
    raw = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return (b"\xc2" if value >= 0 else b"\xc3") + _head(2, len(raw)) + raw


def _head(major: int, argument: int) -> bytes:
    first = major << 5
    if argument < _DIRECT:
        return bytes((first | argument,))
    for extra, code in (("B", 24), ("H", 25), ("I", 26)):
        if argument < 1 << (8 * struct.calcsize(">" + extra)):
            return struct.pack(">B" + extra, first | code, argument)
    return struct.pack(">BQ", first | 27, argument)


def _float(value: float) -> bytes:
    if math.isnan(value):
        return b"\xf9\x7e\x00"
    for code, form in ((b"\xf9", ">e"), (b"\xfa", ">f")):
        try:
            raw = struct.pack(form, value)
        except OverflowError:
            continue
        if struct.unpack(form, raw)[0] == value:
            return code + raw
    return b"\xfb" + struct.pack(">d", value)
