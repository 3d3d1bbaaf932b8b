"""How JsonLogic turns values into each other: JavaScript's rules, on the values JSON has.

The published semantics are those of json-logic-js. Two things are deliberately narrower, as in flagd's own
evaluators: text that is no number (the empty one too) is NaN, and nothing here ever raises on a JSON value.
"""

import math
import re
from typing import Any

Number = int | float
NAN = math.nan
LARGEST_INTEGER = 2**63  # beyond it a number is a float, so that no rule can build one of a million digits
_PLAIN_BELOW = 1e21  # JavaScript writes exponents from here on
_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*")


def is_number(value: Any) -> bool:
    """Say whether a value is a number; True and False are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_true(value: Any) -> bool:
    """Say whether a value counts as true: empty lists do not, "0" and empty objects do."""
    if isinstance(value, dict):
        return True
    if isinstance(value, float) and math.isnan(value):
        return False
    return bool(value)


def to_number(value: Any) -> Number:
    """Return a value as a number; NaN when it is none."""
    if isinstance(value, bool | int | float):
        return int(value) if isinstance(value, bool) else value
    if value is None:
        return 0
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else NAN
    if isinstance(value, list):
        if not value:
            return 0
        return to_number(value[0]) if len(value) == 1 else NAN
    return NAN


def to_text(value: Any) -> str:
    """Return a value as JavaScript's String() writes it."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, list):
        return ",".join("" if item is None else to_text(item) for item in value)
    if isinstance(value, dict):
        return "[object Object]"
    return str(value)


def is_same(left: Any, right: Any) -> bool:
    """Compare without conversion (===): 1 and 1.0 are the same, 1 and true are not."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


def is_equal(left: Any, right: Any) -> bool:
    """Compare with conversion (==)."""
    if left is None or right is None:
        return left is right
    if isinstance(left, list | dict) and isinstance(right, list | dict):
        return left is right
    if isinstance(left, str) and isinstance(right, str | list | dict):
        return left == to_text(right)
    if isinstance(right, str) and isinstance(left, list | dict):
        return to_text(left) == right
    return to_number(left) == to_number(right)


def comparable(left: Any, right: Any) -> tuple[Any, Any]:
    """Return two values as texts when both are, else as numbers; NaN then answers no to < and > alike."""
    if isinstance(left, str) and isinstance(right, str):
        return left, right
    return to_number(left), to_number(right)


def bounded(value: Number) -> Number | None:
    """Return a computed number: a float beyond 64 bits, None when it is not a number at all."""
    if isinstance(value, int) and not -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
        return float(value)
    return value


def _float_text(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value.is_integer() and abs(value) < _PLAIN_BELOW:
        return str(int(value))
    return repr(value)
