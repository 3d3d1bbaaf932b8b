"""Acts on one item's stock: adjust it, recount it."""

import sqlalchemy as sa

from app.core import clock
from app.core.db import transaction
from app.core.errors import NotFound
from app.inventory.models import MAX_UNITS, Item, Movement, MovementKind
from app.inventory.problems import NothingAdjusted, StockTooLarge, StockTooSmall
from app.inventory.schemas import AdjustStock, RecountStock
from app.inventory.service.ledger import lock_item, tell, write_movement


def adjust_stock(sku: str, change: AdjustStock) -> Item:
    """Correct the stock on hand by a difference.

    Raises:
        NotFound: No such item.
        NothingAdjusted: The difference is zero.
        StockTooSmall: Fewer than none would be left.
        StockReserved: Fewer than orders were promised would be left.
        StockTooLarge: More than one item can have.
    """
    if change.delta == 0:
        raise NothingAdjusted
    with transaction():
        item = lock_item(sku)
        target = item.on_hand + change.delta
        if target < 0:
            raise StockTooSmall(sku=sku, on_hand=item.on_hand, delta=change.delta)
        if target > MAX_UNITS:
            raise StockTooLarge(sku=sku, limit=MAX_UNITS)
        set_stock(item, target, MovementKind.ADJUSTMENT, reason=change.reason, note=change.note)
    return item


def recount_stock(sku: str, count: RecountStock) -> Item:
    """Set the stock on hand to what was counted. A count that agrees is kept in the ledger too, with difference 0.

    Raises:
        NotFound: No such item.
        StockReserved: Orders were promised more than was counted.
    """
    with transaction():
        item = lock_item(sku)
        set_stock(item, count.counted, MovementKind.RECOUNT, reason=count.reason, note=count.note)
    return item


def set_stock(
    item: Item, target: int, kind: MovementKind, *, reason: str, note: str = "", source_ref: str | None = None
) -> int:
    """Set a locked item's stock, write the ledger, tell; return the difference."""
    was_short = item.is_short
    delta = item.set_on_hand(target, at=clock.now())
    write_movement(item, kind, delta, reason=reason, note=note, source_ref=source_ref)
    tell(item, reason, was_short=was_short, delta=delta)
    return delta


def reverse_adjustment(sku: str, movement_id: int) -> Item:
    """Undo an adjustment by its opposite; undoing twice changes nothing.

    Raises:
        NotFound: The item has no such adjustment.
        StockTooSmall: Fewer than none would be left.
        StockReserved: Fewer than orders were promised would be left.
    """
    with transaction() as session:
        item = lock_item(sku)
        entry = session.get(Movement, (item.company_id, movement_id))
        if entry is None or entry.item_id != item.id or entry.kind is not MovementKind.ADJUSTMENT:
            raise NotFound
        mark = f"undo:{movement_id}"
        done = sa.select(Movement.id).where(Movement.item_id == item.id, Movement.source_ref == mark).limit(1)
        if session.scalar(done) is not None:
            return item
        target = item.on_hand - entry.delta
        if target < 0:
            raise StockTooSmall(sku=sku, on_hand=item.on_hand, delta=-entry.delta)
        set_stock(item, target, MovementKind.ADJUSTMENT, reason="undone", source_ref=mark)
    return item
