"""What is wrong with a flagd document: where, what, and how to mend it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake.

    Attributes:
        path: JSON pointer to it (RFC 6901).
        says: What is wrong and what would be right, in a sentence.
    """

    path: str
    says: str


class FlagdError(ValueError):
    """The document cannot be read as flagd flags; `faults` says why, all of it."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{fault.path or '/'}: {fault.says}" for fault in faults[:3]))
        self.faults = faults


def below(path: str, part: object) -> str:
    """Return the pointer to a member of what a pointer points to."""
    return f"{path}/{str(part).replace('~', '~0').replace('/', '~1')}"


def kind_of(value: Any) -> str:
    """Name the JSON type of a value, for a sentence."""
    names = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}
    return names.get(type(value), "null")
