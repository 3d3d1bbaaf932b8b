"""JsonLogic's operations whose arguments are computed first, as plain functions of values.

Each returns None for input it can make nothing of; the compiler turns what still raises into None.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from app.flags.engine.coercion import bounded, comparable, is_equal, is_same, is_true, to_number, to_text
from app.flags.engine.semver import compare_loosely

LONGEST_RESULT = 10_000  # characters or items; a rule that doubles a text in a loop ends here


def read_path(data: Any, key: Any = None, default: Any = None) -> Any:
    """Answer `var`: walk a dotted path through objects, lists and text."""
    if key is None or key == "":
        return data
    for part in to_text(key).split("."):
        if isinstance(data, Mapping):
            data = data.get(part)
        elif isinstance(data, list | str):
            data = _item(data, part)
        else:
            return default
    return default if data is None else data


def find_missing(data: Any, *keys: Any) -> list[Any]:
    """Answer `missing`: the keys that have no value or an empty one."""
    names = keys[0] if keys and isinstance(keys[0], list) else keys
    return [name for name in names if read_path(data, name) in (None, "")]


def find_missing_some(data: Any, needed: Any = 0, keys: Any = None) -> list[Any]:
    """Answer `missing_some`: nothing when enough of the keys are there."""
    if not isinstance(keys, list):
        return []
    missing = find_missing(data, keys)
    return [] if len(keys) - len(missing) >= to_number(needed) else missing


def _item(data: list[Any] | str, part: str) -> Any:
    if part == "length":
        return len(data)
    # "1_0" and "١" are digits for int(), not for JSON.
    if not (part.isascii() and part.isdigit()) or str(int(part)) != part or int(part) >= len(data):
        return None
    return data[int(part)]


def _chain(holds: Callable[[Any, Any], bool]) -> Callable[..., bool]:
    """Make an order that also answers "between" when it is given three values."""

    def compare(left: Any = None, right: Any = None, third: Any = None) -> bool:
        ordered = holds(*comparable(left, right))
        return ordered if third is None else ordered and holds(*comparable(right, third))

    return compare


def _add(*values: Any) -> Any:
    return bounded(sum(to_number(value) for value in values))


def _subtract(left: Any = None, right: Any = None) -> Any:
    return -to_number(left) if right is None else bounded(to_number(left) - to_number(right))


def _multiply(*values: Any) -> Any:
    product: Any = 1
    for value in values:
        product = bounded(product * to_number(value))
    return product


def _divide(left: Any = None, right: Any = None) -> Any:
    return to_number(left) / to_number(right)


def _remainder(left: Any = None, right: Any = None) -> Any:
    """Keep the sign of what is divided, as JavaScript does."""
    one, other = to_number(left), to_number(right)
    if isinstance(one, int) and isinstance(other, int):
        return int(math.copysign(1, one)) * (abs(one) % abs(other))
    return math.fmod(one, other)


def _largest(*values: Any) -> Any:
    return max((to_number(value) for value in values), default=None)


def _smallest(*values: Any) -> Any:
    return min((to_number(value) for value in values), default=None)


def _merge(*values: Any) -> list[Any] | None:
    merged: list[Any] = []
    for value in values:
        merged.extend(value if isinstance(value, list) else [value])
    return merged if len(merged) <= LONGEST_RESULT else None


def _is_in(needle: Any = None, where: Any = None) -> bool:
    if isinstance(where, list):
        return any(is_same(needle, item) for item in where)
    return isinstance(where, str) and to_text(needle) in where


def _join(*values: Any) -> str | None:
    text = "".join("" if value is None else to_text(value) for value in values)
    return text if len(text) <= LONGEST_RESULT else None


def _cut(source: Any = None, start: Any = 0, length: Any = None) -> str:
    text, first = to_text(source), int(to_number(start))
    text = text[first:] if first >= 0 else text[max(len(text) + first, 0) :]
    if length is None:
        return text
    size = int(to_number(length))
    return text[:size] if size >= 0 else text[: max(len(text) + size, 0)]


def _starts_with(*texts: Any) -> bool | None:
    match texts:
        case (str(text), str(start)):
            return text.startswith(start)
    return None


def _ends_with(*texts: Any) -> bool | None:
    match texts:
        case (str(text), str(end)):
            return text.endswith(end)
    return None


OPERATIONS: dict[str, Callable[..., Any]] = {
    "==": lambda left=None, right=None: is_equal(left, right),
    "!=": lambda left=None, right=None: not is_equal(left, right),
    "===": lambda left=None, right=None: is_same(left, right),
    "!==": lambda left=None, right=None: not is_same(left, right),
    "!": lambda value=None: not is_true(value),
    "!!": lambda value=None: is_true(value),
    "<": _chain(lambda left, right: bool(left < right)),
    "<=": _chain(lambda left, right: bool(left <= right)),
    ">": _chain(lambda left, right: bool(left > right)),
    ">=": _chain(lambda left, right: bool(left >= right)),
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
    "%": _remainder,
    "max": _largest,
    "min": _smallest,
    "merge": _merge,
    "in": _is_in,
    "cat": _join,
    "substr": _cut,
    "starts_with": _starts_with,
    "ends_with": _ends_with,
    "sem_ver": compare_loosely,
}
# These look into the context themselves.
READERS: dict[str, Callable[..., Any]] = {
    "var": read_path,
    "missing": find_missing,
    "missing_some": find_missing_some,
}
