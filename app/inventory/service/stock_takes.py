"""Stock-take sheets: make one, enter counts, close it once, or discard it."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from app.core import clock
from app.core.context import actor
from app.core.db import db, transaction
from app.core.errors import NotFound
from app.core.ids import new_ulid
from app.core.outbox import record
from app.core.tenancy import current_company_id
from app.inventory import reads
from app.inventory.events import StockTakeChanged
from app.inventory.models import Item, MovementKind, StockTake, StockTakeLine, StockTakeState
from app.inventory.problems import (
    CountsRefused,
    NothingCounted,
    NothingToCount,
    StockTakeClosed,
    TooManyLines,
    UnknownSku,
)
from app.inventory.schemas import ItemFilter, NewStockTake
from app.inventory.service.ledger import lock_items
from app.inventory.service.stock import set_stock

MAX_LINES = 500  # a sheet that one person counts in a day, and one form holds


def create_stock_take(new: NewStockTake) -> StockTake:
    """Make a sheet with a line for each item and the stock expected of it now.

    Raises:
        UnknownSku: A named SKU is no item here.
        NothingToCount: No item matches.
        TooManyLines: More match than a sheet holds.
    """
    with transaction() as session:
        items = _items_to_count(new)
        sheet = StockTake(
            company_id=current_company_id(), public_id=new_ulid(), name=new.name, actor=actor(), line_count=len(items)
        )
        session.add(sheet)
        session.flush()
        session.execute(
            sa.insert(StockTakeLine),
            [
                {"company_id": sheet.company_id, "stock_take_id": sheet.id, "item_id": item_id, "expected": on_hand}
                for item_id, on_hand in items
            ],
        )
        _tell(sheet)
    return sheet


def _items_to_count(new: NewStockTake) -> list[tuple[int, int]]:
    if new.skus:
        named = db.session.execute(
            sa.select(Item.sku, Item.id, Item.on_hand).where(Item.sku.in_(new.skus), Item.archived_at.is_(None))
        ).all()
        found = {row.sku: (row.id, row.on_hand) for row in named}
        for sku in new.skus:
            if sku not in found:
                raise UnknownSku(sku=sku)
        return list(found.values())
    query = reads.matching(ItemFilter(view=new.view, category=new.category), Item.id, Item.on_hand)
    rows = db.session.execute(query.where(Item.archived_at.is_(None)).limit(MAX_LINES + 1)).all()
    if not rows:
        raise NothingToCount
    if len(rows) > MAX_LINES:
        raise TooManyLines(limit=MAX_LINES)
    return [(item_id, on_hand) for item_id, on_hand in rows]


def enter_counts(sheet_id: str, counts: Mapping[str, int]) -> StockTake:
    """Write counts onto an open sheet, each beside the stock expected at this moment.

    Args:
        sheet_id: The sheet's public id.
        counts: Units found, by SKU.

    Raises:
        NotFound: No such sheet.
        StockTakeClosed: It is not open any more.
        UnknownSku: A SKU is not on it.
    """
    with transaction() as session:
        sheet = lock_stock_take(sheet_id)
        lines = _lines_by_sku(sheet)
        at = clock.now()
        for sku, counted in counts.items():
            if sku not in lines:
                raise UnknownSku(sku=sku)
            line, on_hand = lines[sku]
            if line.counted != counted:
                line.counted, line.expected, line.counted_at = counted, on_hand, at
        sheet.version += 1
        session.flush()
        _tell(sheet)
    return sheet


def _lines_by_sku(sheet: StockTake) -> dict[str, tuple[StockTakeLine, int]]:
    rows = db.session.execute(
        sa.select(Item.sku, StockTakeLine, Item.on_hand)
        .join(Item, Item.id == StockTakeLine.item_id)
        .where(StockTakeLine.stock_take_id == sheet.id)
    ).all()
    return {sku: (line, on_hand) for sku, line, on_hand in rows}


def close_stock_take(sheet_id: str) -> StockTake:
    """Move the stock by every difference found, all in one transaction, once.

    The difference is against the stock at the moment of the count, so what shipped since stays shipped.

    Raises:
        NotFound: No such sheet.
        StockTakeClosed: It is not open any more.
        NothingCounted: There is no count on it.
        CountsRefused: A count is below what orders were promised, or an item was archived.
    """
    with transaction():
        sheet = lock_stock_take(sheet_id)
        counted = db.session.execute(
            sa.select(StockTakeLine.item_id, StockTakeLine.counted - StockTakeLine.expected).where(
                StockTakeLine.stock_take_id == sheet.id, StockTakeLine.counted.is_not(None)
            )
        ).all()
        if not counted:
            raise NothingCounted
        differences = {item_id: delta for item_id, delta in counted if delta}
        items = lock_items(ids=differences) if differences else []
        refuse_impossible(items, differences)
        for item in items:
            target = item.on_hand + differences[item.id]
            set_stock(item, target, MovementKind.STOCK_TAKE, reason="stock-take", source_ref=sheet.public_id)
        _finish(sheet, StockTakeState.CLOSED)
    return sheet


def refuse_impossible(items: list[Item], differences: Mapping[int, int]) -> None:
    """Refuse the whole sheet when one line cannot be moved, and name every such line.

    Raises:
        CountsRefused: At least one line would leave less than orders were promised.
    """
    refused: list[dict[str, Any]] = [
        {"sku": item.sku, "would_be": item.on_hand + differences[item.id], "reserved": item.reserved}
        for item in items
        if item.on_hand + differences[item.id] < item.reserved
    ]
    if refused:
        raise CountsRefused(lines=refused)


def discard_stock_take(sheet_id: str) -> StockTake:
    """Give up an open sheet; no stock moves.

    Raises:
        NotFound: No such sheet.
        StockTakeClosed: It is not open any more.
    """
    with transaction():
        sheet = lock_stock_take(sheet_id)
        _finish(sheet, StockTakeState.DISCARDED)
    return sheet


def lock_stock_take(sheet_id: str) -> StockTake:
    """Lock an open sheet until the transaction ends.

    Raises:
        NotFound: No such sheet.
        StockTakeClosed: It is closed or discarded.
    """
    query = sa.select(StockTake).where(StockTake.public_id == sheet_id).with_for_update()
    sheet = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if sheet is None:
        raise NotFound
    if sheet.state is not StockTakeState.OPEN:
        raise StockTakeClosed(state=sheet.state)
    return sheet


def _finish(sheet: StockTake, state: StockTakeState) -> None:
    sheet.state, sheet.closed_at = state, clock.now()
    sheet.version += 1
    _tell(sheet)


def _tell(sheet: StockTake) -> None:
    record(
        StockTakeChanged(id=sheet.public_id, name=sheet.name, state=sheet.state, lines=sheet.line_count),
        version=sheet.version,
    )
