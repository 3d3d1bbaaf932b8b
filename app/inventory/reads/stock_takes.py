"""Stock-take sheets and their lines."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.core.cursor import decode_cursor, encode_cursor
from app.core.db import db
from app.core.errors import NotFound
from app.inventory.models import Item, StockTake, StockTakeLine, StockTakeState


@dataclass(frozen=True)
class StockTakeRow:
    """A sheet as a list shows it; `id` is its public id."""

    key: int
    id: str
    name: str
    state: StockTakeState
    line_count: int
    counted: int
    by: str
    version: int
    created_at: datetime
    closed_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether counts can be entered."""
        return self.state is StockTakeState.OPEN


@dataclass(frozen=True)
class SheetLine:
    """One item of a sheet.

    Attributes:
        difference: What closing moves; None until counted.
    """

    item_id: int
    sku: str
    name: str
    category: str
    expected: int
    counted: int | None
    counted_at: datetime | None

    @property
    def difference(self) -> int | None:
        """Counted minus expected."""
        return None if self.counted is None else self.counted - self.expected


def _sheets() -> sa.Select[Any]:
    counted = (
        sa.select(sa.func.count(StockTakeLine.counted))
        .where(StockTakeLine.stock_take_id == StockTake.id, StockTakeLine.company_id == StockTake.company_id)
        .scalar_subquery()
    )
    return sa.select(
        StockTake.id.label("key"), StockTake.public_id.label("id"), StockTake.name, StockTake.state,
        StockTake.line_count, counted.label("counted"), StockTake.actor["name"].astext.label("by"), StockTake.version,
        StockTake.created_at, StockTake.closed_at,
    )  # fmt: skip


def list_stock_takes(*, limit: int = 50, after: str | None = None) -> tuple[list[StockTakeRow], str | None]:
    """Return a page of sheets, newest first.

    Raises:
        InvalidCursor: The position was not made here.
    """
    query = _sheets().order_by(StockTake.id.desc()).limit(limit + 1)
    if after is not None:
        query = query.where(StockTake.id < decode_cursor(after, StockTake.id)[0])
    found = [StockTakeRow(**row._mapping) for row in db.session.execute(query)]  # noqa: SLF001
    return found[:limit], encode_cursor(found[limit - 1].key) if len(found) > limit else None


def get_stock_take(sheet_id: str) -> StockTakeRow:
    """Return one sheet.

    Raises:
        NotFound: No such sheet in this company.
    """
    row = db.session.execute(_sheets().where(StockTake.public_id == sheet_id)).one_or_none()
    if row is None:
        raise NotFound
    return StockTakeRow(**row._mapping)  # noqa: SLF001


def lines_of(key: int) -> list[SheetLine]:
    """Return the lines of a sheet by category and SKU, as one walks along the shelves."""
    rows = db.session.execute(
        sa.select(
            StockTakeLine.item_id, Item.sku, Item.name, Item.category, StockTakeLine.expected, StockTakeLine.counted,
            StockTakeLine.counted_at,
        )
        .join(Item, sa.and_(Item.company_id == StockTakeLine.company_id, Item.id == StockTakeLine.item_id))
        .where(StockTakeLine.stock_take_id == key)
        .order_by(Item.category, Item.sku)
    )  # fmt: skip
    return [SheetLine(**row._mapping) for row in rows]  # noqa: SLF001
