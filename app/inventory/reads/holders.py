"""Who holds reservations of an item. Orders is above inventory, so it registers how to ask."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Holder:
    """One order that holds some of an item."""

    number: int
    units: int
    href: str


FindHolders = Callable[[int, int], list[Holder]]
_find: list[FindHolders] = []


def register_holders(function: FindHolders) -> FindHolders:
    """Register who answers `(item_id, most)` with the orders that hold it, oldest first (orders does, once)."""
    _find[:] = [function]
    return function


def holders_of(item_id: int, most: int = 20) -> list[Holder]:
    """Return the orders that hold some of an item."""
    return _find[0](item_id, most) if _find else []
