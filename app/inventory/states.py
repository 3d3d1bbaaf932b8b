"""Words of the inventory: kinds of items and movements, states of stock and of sheets."""

from datetime import datetime
from enum import StrEnum


class ItemKind(StrEnum):
    """A product is sold; an asset is owned and used."""

    PRODUCT = "product"
    ASSET = "asset"


class MovementKind(StrEnum):
    """What made the stock on hand change."""

    OPENING = "opening"
    ADJUSTMENT = "adjustment"
    RECOUNT = "recount"
    STOCK_TAKE = "stock-take"
    SHIPMENT = "shipment"
    RETURN = "return"
    IMPORT = "import"


class StockTakeState(StrEnum):
    """A sheet is counted on while open; closing it moves the stock, once."""

    OPEN = "open"
    CLOSED = "closed"
    DISCARDED = "discarded"


def stock_state(available: int, reorder_point: int, archived_at: datetime | None, *, has_moved: bool) -> str:
    """Return the word for a stock: `in`, `low` (at or below the reorder point), `out`, `not-stocked` or `archived`.

    Nobody misses what was never kept: without a movement and a reorder point an item is not out, but not stocked.
    """
    if archived_at is not None:
        return "archived"
    if available <= 0:
        return "out" if has_moved or reorder_point > 0 else "not-stocked"
    return "low" if available <= reorder_point else "in"
