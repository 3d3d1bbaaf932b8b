"""One act on many items, locked in the one order, so that a refused item stops no other."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from app.core.db import transaction
from app.core.errors import Problem
from app.inventory.models import Item
from app.inventory.schemas import BulkAct
from app.inventory.service.items import archive_item, set_details
from app.inventory.service.ledger import lock_item, lock_items


@dataclass
class BulkResult:
    """What became of the items: how many were done, and a sentence for each that was refused."""

    done: int = 0
    refused: dict[str, str] = field(default_factory=dict)


def change_items(skus: Iterable[str], act: BulkAct, reorder_point: int | None = None) -> BulkResult:
    """Archive items, or set their reorder point. Items that are so already count as done."""
    result, wanted = BulkResult(), set(skus)
    with transaction():
        for item in lock_items(skus=wanted):
            try:
                if act is BulkAct.ARCHIVE:
                    archive_item(item.sku)
                else:
                    set_reorder_point(item.sku, reorder_point or 0)
            except Problem as problem:
                result.refused[item.sku] = problem.title
            else:
                result.done += 1
            wanted.discard(item.sku)
    result.refused |= dict.fromkeys(sorted(wanted), "There is no such item.")
    return result


def set_reorder_point(sku: str, units: int) -> Item:
    """Set when an item counts as low, whatever was edited meanwhile.

    Raises:
        NotFound: No such item.
        ItemArchived: It is archived.
    """
    with transaction():
        item = lock_item(sku)
        set_details(item, {"reorder_point": units})
    return item
