"""Keeping stock for lines that were short when the order was placed."""

from app.core.outbox import savepoint
from app.inventory import service as inventory
from app.inventory.problems import OutOfStock
from app.inventory.service import Reserved
from app.inventory.service.ledger import lock_items
from app.orders.models import Order


def keep_missing(order: Order) -> None:
    """Reserve what the order's lines still lack, as far as there is any.

    Raises:
        OutOfStock: No line has a unit to pack.
    """
    wanted: dict[str, int] = {}
    for line in order.lines:
        if line.short:
            wanted[line.sku] = wanted.get(line.sku, 0) + line.short
    if not wanted:
        return
    # All items of the order, not only the short ones: the act that follows locks them too, and the order of locks
    # must be one.
    lock_items(ids={line.item_id for line in order.lines})
    _give(order, _reserve_what_is_there(order, wanted))


def _reserve_what_is_there(order: Order, wanted: dict[str, int]) -> dict[str, Reserved]:
    try:
        with savepoint():
            return inventory.reserve(order.number, wanted)
    except OutOfStock:
        # Without backorders all or nothing is kept; what was kept before can still leave.
        if any(line.reserved for line in order.lines):
            return {}
        raise


def _give(order: Order, held: dict[str, Reserved]) -> None:
    left = {sku: one.reserved for sku, one in held.items()}
    for line in order.lines:
        kept = min(line.short, left.get(line.sku, 0))
        line.reserved += kept
        left[line.sku] = left.get(line.sku, 0) - kept
    if not any(line.reserved for line in order.lines):
        short = next(line for line in order.lines if line.short)
        raise OutOfStock(sku=short.sku, wanted=short.short, free=0)
