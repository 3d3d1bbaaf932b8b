"""The comparisons a condition may make. Strict about types: what cannot be compared does not match, and nothing raises.

There is no regular expression among them: one written by hand can stop a process.
"""

import operator as compare
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.flags.engine.literals import read_address, read_instant, read_network, read_version

Test = Callable[[Any], bool]  # Any: an attribute as the caller gave it
Scalar = str | bool | int | float


@dataclass(frozen=True, slots=True)
class Operator:
    """One comparison.

    Attributes:
        says: What stands between attribute and values in a sentence; `says_not` the same when negated.
        wants: What the values have to be, for the sentence about a mistake.
        most: How many values it takes at most; None for any number.
        build: Values → test of one found attribute; None when the values are not what it wants.
    """

    says: str
    says_not: str
    wants: str
    build: Callable[[Sequence[Any]], Test | None]
    most: int | None = 1

    def compile(self, values: Sequence[Any]) -> Test | None:
        """Return the test of an attribute, or None when these values make no test."""
        if self.most is not None and len(values) > self.most:
            return None
        return self.build(values)


def _equal_to_any(values: Sequence[Any]) -> Test | None:
    if not values or not all(isinstance(value, Scalar) for value in values):
        return None
    texts = frozenset(value for value in values if isinstance(value, str))
    bools = frozenset(value for value in values if isinstance(value, bool))
    numbers = frozenset(value for value in values if isinstance(value, int | float) and not isinstance(value, bool))

    def test(found: Any) -> bool:
        if isinstance(found, str):
            return found in texts
        if isinstance(found, bool):  # before int, whose subclass it is: true is not 1
            return found in bools
        return isinstance(found, int | float) and found in numbers

    return test


def _contains(values: Sequence[Any]) -> Test | None:
    """A text contains a text; a list contains a member."""
    member = _equal_to_any(values)
    texts = tuple(value for value in values if isinstance(value, str))

    def test(found: Any) -> bool:
        if isinstance(found, str):
            return any(text in found for text in texts)
        return isinstance(found, list | tuple | set | frozenset) and member is not None and any(map(member, found))

    return test if member is not None else None


def _text_test(method: Callable[[str, tuple[str, ...]], bool]) -> Callable[[Sequence[Any]], Test | None]:
    def build(values: Sequence[Any]) -> Test | None:
        if not values or not all(isinstance(value, str) for value in values):
            return None
        wanted = tuple(values)
        return lambda found: isinstance(found, str) and method(found, wanted)

    return build


def _ordered(read: Callable[[Any], Any], holds: Callable[[Any, Any], bool]) -> Callable[[Sequence[Any]], Test | None]:
    """Return the builder of a comparison of two things that `read` makes of both sides."""

    def build(values: Sequence[Any]) -> Test | None:
        wanted = read(values[0]) if values else None
        if wanted is None:
            return None

        def test(found: Any) -> bool:
            have = read(found)
            return have is not None and holds(have, wanted)

        return test

    return build


def _read_number(value: Any) -> int | float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _exists(values: Sequence[Any]) -> Test | None:
    return lambda found: found is not None


def _in_network(values: Sequence[Any]) -> Test | None:
    networks = [network for network in map(read_network, values) if network is not None]
    if not networks or len(networks) < len(values):
        return None

    def test(found: Any) -> bool:
        address = read_address(found)
        return address is not None and any(address in network for network in networks)

    return test


SCALARS, TEXTS, NUMBER = "texts, numbers, true or false", "texts", "one number"
INSTANT, VERSION = "one instant such as 2026-11-22T09:00:00Z", "one version such as 2026.11.0 or 1.4.0-rc.1"

OPERATORS: dict[str, Operator] = {
    "equals": Operator("is", "is not", "one text, number, true or false", _equal_to_any),
    "one_of": Operator("is one of", "is none of", SCALARS, _equal_to_any, most=None),
    "contains": Operator("contains", "does not contain", SCALARS, _contains, most=None),
    "starts_with": Operator("starts with", "does not start with", TEXTS, _text_test(str.startswith), most=None),
    "ends_with": Operator("ends with", "does not end with", TEXTS, _text_test(str.endswith), most=None),
    "less_than": Operator("is less than", "is not less than", NUMBER, _ordered(_read_number, compare.lt)),
    "at_most": Operator("is at most", "is not at most", NUMBER, _ordered(_read_number, compare.le)),
    "greater_than": Operator("is greater than", "is not greater than", NUMBER, _ordered(_read_number, compare.gt)),
    "at_least": Operator("is at least", "is not at least", NUMBER, _ordered(_read_number, compare.ge)),
    "before": Operator("is before", "is not before", INSTANT, _ordered(read_instant, compare.lt)),
    "after": Operator("is after", "is not after", INSTANT, _ordered(read_instant, compare.gt)),
    "semver_equals": Operator("is version", "is not version", VERSION, _ordered(read_version, compare.eq)),
    "semver_at_least": Operator("is at least", "is not at least", VERSION, _ordered(read_version, compare.ge)),
    "semver_below": Operator("is below", "is not below", VERSION, _ordered(read_version, compare.lt)),
    "exists": Operator("is set", "is not set", "no value", _exists, most=0),
    "in_network": Operator("is in network", "is not in network", "networks such as 10.0.0.0/8", _in_network, most=None),
}
