"""Versions in the order that Semantic Versioning 2.0.0 gives them (semver.org, section 11)."""

import re
from dataclasses import dataclass
from functools import total_ordering
from typing import Any

_VERSION = re.compile(
    r"(?P<major>0|[1-9][0-9]*)\.(?P<minor>0|[1-9][0-9]*)\.(?P<patch>0|[1-9][0-9]*)"
    r"(?:-(?P<pre>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)
_LONGEST = 256  # longer is no version, and no huge number is parsed


@total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """A version without its build metadata, which has no say in the order."""

    major: int
    minor: int
    patch: int
    pre: tuple[tuple[int, int, str], ...] = ()

    def __lt__(self, other: "Version") -> bool:
        """Order by the numbers, then a pre-release before its release."""
        mine, theirs = (self.major, self.minor, self.patch), (other.major, other.minor, other.patch)
        if mine != theirs:
            return mine < theirs
        if not self.pre or not other.pre:
            return bool(self.pre) and not other.pre
        return self.pre < other.pre


def parse_version(text: str) -> Version | None:
    """Read a version as semver.org writes it; None when it is none."""
    found = _VERSION.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        return None
    pre = tuple(_identifier(part) for part in found["pre"].split(".")) if found["pre"] else ()
    if None in pre:
        return None
    return Version(int(found["major"]), int(found["minor"]), int(found["patch"]), tuple(p for p in pre if p))


def parse_loosely(value: Any) -> Version | None:
    """Read a version as flagd does: numbers too, a leading v, and missing parts are zero (1 is 1.0.0)."""
    if not isinstance(value, str | int | float):
        return None
    text = str(value)
    text = text[1:] if text[:1] in ("v", "V") else text
    end = next((at for at, sign in enumerate(text) if sign in "-+"), len(text))
    missing = 2 - text[:end].count(".")
    return parse_version(text[:end] + ".0" * missing + text[end:])


def compare_loosely(left: Any, operator: Any, right: Any) -> bool | None:
    """Answer flagd's sem_ver; None when a version or the operator is none."""
    one, other = parse_loosely(left), parse_loosely(right)
    if one is None or other is None or not isinstance(operator, str):
        return None
    match operator:
        case "=":
            return one == other
        case "!=":
            return one != other
        case "<":
            return one < other
        case "<=":
            return one <= other
        case ">":
            return one > other
        case ">=":
            return one >= other
        case "^":
            return one.major == other.major
        case "~":
            return (one.major, one.minor) == (other.major, other.minor)
    return None


def _identifier(part: str) -> tuple[int, int, str] | None:
    """Return a pre-release identifier as something that sorts: numbers before words; None for a leading zero."""
    if not part.isdigit():
        return (1, 0, part)
    return None if len(part) > 1 and part[0] == "0" else (0, int(part), "")
