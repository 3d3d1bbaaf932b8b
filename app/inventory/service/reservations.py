"""What orders do to stock: promise it, let it go, ship it, take it back. Never more than there is."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from app.core import clock
from app.core.db import db, transaction
from app.inventory.models import Item, MovementKind
from app.inventory.problems import OutOfStock
from app.inventory.service.ledger import lock_items, lock_known, tell, write_movement

_companies = sa.table("companies", sa.column("settings", sa.JSON))


@dataclass(frozen=True)
class Reserved:
    """What an order got of one item.

    Attributes:
        reserved: Units held; fewer than wanted only where the company allows backorders.
    """

    item_id: int
    sku: str
    name: str
    unit_price: Decimal
    reserved: int


def reserve(order_number: int, wanted: Mapping[str, int]) -> dict[str, Reserved]:
    """Hold stock for an order: all of it, or nothing.

    Args:
        order_number: The order that will hold it.
        wanted: Units by SKU, each above zero.

    Returns:
        What was held, by SKU.

    Raises:
        UnknownSku: One of them is no item here.
        OutOfStock: Too little is free and the company does not allow backorders.
    """
    with transaction():
        items, at = lock_known(wanted), clock.now()
        held = {}
        for item in items:
            units = _units_to_hold(item, wanted[item.sku])
            if units:
                was_short = item.is_short
                item.hold(units, at=at)
                tell(item, "reserved", was_short=was_short, order_number=order_number)
            held[item.sku] = Reserved(item.id, item.sku, item.name, item.unit_price, units)
    return held


def release(order_number: int, units_by_item: Mapping[int, int]) -> None:
    """Let an order's units go, as when it is cancelled.

    Raises:
        NotReserved: Fewer are reserved.
    """
    with transaction():
        at = clock.now()
        for item, units in _locked(units_by_item):
            was_short = item.is_short
            item.let_go(units, at=at)
            tell(item, "released", was_short=was_short, order_number=order_number)


def ship(order_number: int, units_by_item: Mapping[int, int]) -> None:
    """Hand reserved units over: stock on hand and reservation go down together.

    Raises:
        NotReserved: Fewer are reserved.
    """
    with transaction():
        at = clock.now()
        for item, units in _locked(units_by_item):
            was_short = item.is_short
            item.hand_over(units, at=at)
            write_movement(item, MovementKind.SHIPMENT, -units, reason="shipped", order_number=order_number)
            tell(item, "shipped", was_short=was_short, delta=-units, order_number=order_number)


def take_back(order_number: int, units_by_item: Mapping[int, int]) -> None:
    """Put returned units back on the shelf.

    Raises:
        StockTooLarge: More than one item can have.
    """
    with transaction():
        at = clock.now()
        for item, units in _locked(units_by_item):
            was_short = item.is_short
            item.take_in(units, at=at)
            write_movement(item, MovementKind.RETURN, units, reason="returned", order_number=order_number)
            tell(item, "returned", was_short=was_short, delta=units, order_number=order_number)


def _locked(units_by_item: Mapping[int, int]) -> list[tuple[Item, int]]:
    wanted = {item_id: units for item_id, units in units_by_item.items() if units}
    return [(item, wanted[item.id]) for item in lock_items(ids=wanted)] if wanted else []


def _units_to_hold(item: Item, wanted: int) -> int:
    if wanted <= item.free:
        return wanted
    if not allows_backorder():
        raise OutOfStock(sku=item.sku, wanted=wanted, free=item.free)
    return item.free


def allows_backorder() -> bool:
    """Say whether this company takes orders beyond its stock. Row-level security leaves one row to see."""
    return bool((db.session.scalar(sa.select(_companies.c.settings)) or {}).get("allow_backorder"))
