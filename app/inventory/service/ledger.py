"""What every act on stock shares: locking in one order, the ledger entry, the fact and the alert."""

from collections.abc import Collection
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from app.core import clock
from app.core.context import actor, request_id
from app.core.db import db
from app.core.outbox import record
from app.core.tenancy import current_company_id
from app.inventory.events import AlertTriggered, AssetUpdated, InventoryUpdated
from app.inventory.models import Item, ItemKind, Movement, MovementKind
from app.inventory.problems import ItemArchived, UnknownSku


def lock_items(*, ids: Collection[int] = (), skus: Collection[str] = ()) -> list[Item]:
    """Lock items until the transaction ends, always in id order, so that two acts never wait for each other.

    The rows are read again after the lock was waited for: what they say then is true until the commit.
    """
    wanted = Item.id.in_(ids) if ids else Item.sku.in_(skus)
    query = sa.select(Item).where(wanted).order_by(Item.id).with_for_update()
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def lock_item(sku: str, *, is_archived: bool = False) -> Item:
    """Lock one item by its SKU.

    Raises:
        NotFound: There is none in this company.
        ItemArchived: It is archived (unless `is_archived`).
    """
    from app.core.errors import NotFound

    found = lock_items(skus=[sku])
    if not found:
        raise NotFound
    if found[0].archived_at is not None and not is_archived:
        raise ItemArchived(sku=sku)
    return found[0]


def lock_known(skus: Collection[str]) -> list[Item]:
    """Lock items by SKU, all of them or none.

    Raises:
        UnknownSku: One of them is no item of this company, or is archived.
    """
    items = lock_items(skus=skus)
    known = {item.sku for item in items if item.archived_at is None}
    for sku in skus:
        if sku not in known:
            raise UnknownSku(sku=sku)
    return items


def write_movement(
    item: Item, kind: MovementKind, delta: int, *,
    reason: str = "", note: str = "", order_number: int | None = None, source_ref: str | None = None,
) -> Movement:  # fmt: skip
    """Add the ledger entry of a change that the row already shows."""
    movement = Movement(
        company_id=current_company_id(), item_id=item.id, kind=kind, delta=delta, on_hand_after=item.on_hand,
        reason=reason, note=note, order_number=order_number, source_ref=source_ref,
        actor=actor(), request_id=request_id(), occurred_at=clock.now(),
    )  # fmt: skip
    db.session.add(movement)
    item.has_moved = True
    return movement


def tell(
    item: Item, reason: str, *, was_short: bool, delta: int = 0, order_number: int | None = None,
    changes: dict[str, dict[str, Any]] | None = None,
) -> None:  # fmt: skip
    """Record what happened to an item, and the alert when it just became short."""
    fact = AssetUpdated if item.kind is ItemKind.ASSET else InventoryUpdated
    record(
        fact(
            item_id=item.id, sku=item.sku, name=item.name, on_hand=item.on_hand, reserved=item.reserved,
            available=item.free, delta=delta, reason=reason, version=item.version, order_number=order_number,
            changes=changes,
        ),
        version=item.version,
    )  # fmt: skip
    if item.is_short and not was_short and item.archived_at is None:
        record(_alert(item))


def _alert(item: Item) -> AlertTriggered:
    is_out = item.free <= 0
    left = "is out of stock" if is_out else f"is low: {item.free} left, reorder at {item.reorder_point}"
    return AlertTriggered(
        alert="stock.out" if is_out else "stock.low",
        severity="critical" if is_out else "warning",
        title=f"{item.sku} {left}",
        link=f"/inventory/{quote(item.sku, safe='')}",
        sku=item.sku,
        item_id=item.id,
        available=item.free,
        reorder_point=item.reorder_point,
    )
