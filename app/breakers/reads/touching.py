"""Who feels it when a breaker opens. Features above register what of theirs depends on one."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Touch:
    """Something that depends on a breaker, such as a flag whose rollout it guards."""

    kind: str
    label: str
    href: str
    note: str = ""


FindTouching = Callable[[str], list[Touch]]
_find: list[FindTouching] = []


def register_touching(function: FindTouching) -> FindTouching:
    """Register who answers a breaker's name with what depends on it."""
    if function not in _find:
        _find.append(function)
    return function


def touching(name: str) -> list[Touch]:
    """Return everything that depends on a breaker."""
    return [one for find in _find for one in find(name)]
