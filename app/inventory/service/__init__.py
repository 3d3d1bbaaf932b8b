"""Changes to the inventory, one function per act."""

from app.inventory.service.bulk import BulkResult, change_items, set_reorder_point
from app.inventory.service.items import archive_item, create_item, edit_item, restore_item
from app.inventory.service.reservations import Reserved, release, reserve, ship, take_back
from app.inventory.service.stock import adjust_stock, recount_stock, reverse_adjustment
from app.inventory.service.stock_takes import close_stock_take, create_stock_take, discard_stock_take, enter_counts

__all__ = [
    "BulkResult",
    "Reserved",
    "adjust_stock",
    "archive_item",
    "change_items",
    "close_stock_take",
    "create_item",
    "create_stock_take",
    "discard_stock_take",
    "edit_item",
    "enter_counts",
    "recount_stock",
    "release",
    "reserve",
    "restore_item",
    "reverse_adjustment",
    "set_reorder_point",
    "ship",
    "take_back",
]
