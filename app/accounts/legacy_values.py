"""What stands in a row of a plain Flask-Session table, in any of the formats that extension has written.

A request reads msgpack and JSON only. Bytes that are neither are not unpickled there: whoever could write such a row
could run code. The command that moves all rows at once opens pickles too, with a reader that knows no code.
"""

import io
import math
import pickle
from base64 import b64encode
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import msgspec

JSON = dict[str, Any]
MAX_INT = 2**63 - 1
PLAIN = {one.__name__: one for one in (set, frozenset, datetime, date, time, timedelta, timezone, Decimal)}
HOMES = {"builtins", "__builtin__", "datetime", "decimal"}


def decode(data: bytes) -> JSON | None:
    """Return a row's values; None for anything but msgpack and JSON objects."""
    for decoder in (msgspec.msgpack.decode, msgspec.json.decode):
        try:
            values = decoder(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        if isinstance(values, dict) and all(isinstance(key, str) for key in values):
            return values
    return None


def decode_pickled_too(data: bytes) -> JSON | None:
    """Return a row's values in any format, for the command; None for what is more than plain values."""
    found = decode(data)
    if found is not None:
        return found
    try:
        values = PlainReader(io.BytesIO(data)).load()
    except Exception:  # noqa: BLE001 (bytes of anybody's making: whatever goes wrong, they are no session)
        return None
    return values if isinstance(values, dict) and all(isinstance(key, str) for key in values) else None


class PlainReader(pickle.Unpickler):
    """Reads pickles of plain values: a name that could be code is refused before anything is called."""

    def find_class(self, module_name: str, global_name: str) -> Any:
        """Return a type of PLAIN.

        Raises:
            UnpicklingError: It is something else.
        """
        if module_name in HOMES and global_name in PLAIN:
            return PLAIN[global_name]
        if (module_name, global_name) == ("_codecs", "encode"):
            return old_bytes
        raise pickle.UnpicklingError(f"{module_name}.{global_name} is no plain value")


def old_bytes(text: str, encoding: str) -> bytes:
    """Return bytes as protocols before 3 write them: text that Latin-1 encodes."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"{encoding} is no plain value")
    return text.encode("latin-1")


def storable(value: Any) -> Any:
    """Return a value as JSON in SQL and in Valkey can hold it: what has no such form becomes text."""
    match value:
        case None | bool():
            return value
        case int():
            return value if -MAX_INT <= value <= MAX_INT else str(value)
        case float():
            return value if math.isfinite(value) else None
        case str():
            return value.replace("\x00", "").encode("utf-8", "replace").decode()
        case bytes() | bytearray():
            return b64encode(value).decode()
        case dict():
            return {str(storable(key)): storable(one) for key, one in value.items()}
        case list() | tuple() | set() | frozenset():
            return [storable(one) for one in value]
        case datetime() | date() | time():
            return value.isoformat()
    return storable(str(value))
