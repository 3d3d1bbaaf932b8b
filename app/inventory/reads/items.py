"""Items as lists and pages show them: one query for the rows, one for the sales of all of them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.core.cursor import decode_cursor, encode_cursor
from app.core.db import db
from app.core.errors import InvalidCursor, NotFound
from app.inventory.models import Item, ItemKind, stock_state
from app.inventory.reads.sales import SALES_DAYS, sold_by_day
from app.inventory.schemas import ItemFilter, ItemView, ListItems

MOST_ROWS = 200  # of one page
MOST_FOUND = 5000  # ids a search hands back; a broader one is refined, not paged through
ITEM_COLUMNS = (
    Item.id, Item.sku, Item.name, Item.kind, Item.category, Item.unit_price, Item.on_hand, Item.reserved,
    Item.available, Item.reorder_point, Item.has_moved, Item.version, Item.archived_at, Item.created_at, Item.updated_at,
)  # fmt: skip
_SORTS: dict[str, Any] = {"sku": Item.sku, "name": Item.name, "available": Item.available, "updated": Item.updated_at}


LOOKS: dict[str, tuple[str, str | None, str]] = {
    "in": ("good", None, "In stock"),
    "low": ("warn", None, "Low"),
    "out": ("bad", None, "Out"),
    "not-stocked": ("idle", None, "Not stocked"),
    "archived": ("idle", "circle-slash", "Archived"),
}


@dataclass(frozen=True)
class StockRow:
    """One item as a list row, an item page and the JSON show it.

    Attributes:
        sold: Units shipped on each of the last 30 days (UTC), oldest first; empty when none was.
    """

    id: int
    sku: str
    name: str
    kind: ItemKind
    category: str
    unit_price: Decimal
    on_hand: int
    reserved: int
    available: int
    reorder_point: int
    has_moved: bool
    version: int
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime
    sold: Sequence[int] = field(default=())

    @property
    def is_for_sale(self) -> bool:
        """False for assets: what the company works with is not sold."""
        return self.kind is not ItemKind.ASSET

    @property
    def state(self) -> str:
        """`in`, `low`, `out`, `not-stocked` or `archived`."""
        return stock_state(self.available, self.reorder_point, self.archived_at, has_moved=self.has_moved)

    @property
    def look(self) -> tuple[str, str | None, str]:
        """Tone, icon and word of the state."""
        return LOOKS[self.state]

    @property
    def gauge(self) -> dict[str, float]:
        """Widths of the stock bar in percent: available, then reserved, and where the reorder point stands."""
        whole = max(self.on_hand, self.reorder_point * 1.5, 1)
        part = {"free": max(self.available, 0), "held": self.reserved, "limit": self.reorder_point}
        return {name: round(100 * units / whole, 1) for name, units in part.items()}

    @property
    def sold_total(self) -> int:
        """Units shipped in the last 30 days."""
        return sum(self.sold)

    @property
    def cover_days(self) -> float | None:
        """How long the available units last at the mean daily sales of 30 days; None without sales."""
        return round(self.available * SALES_DAYS / self.sold_total, 1) if self.sold_total > 0 else None


def matching(wanted: ItemFilter, *columns: Any) -> sa.Select[Any]:  # Any: the caller names the columns
    """Return the query of a filter, unordered. Partial-index conditions are literal, so that plans can prove them."""
    query = sa.select(*columns).where(*in_view(wanted.view))
    if wanted.category is not None:
        query = query.where(Item.category == wanted.category)
    if wanted.q:
        words = [like_pattern(word) for word in wanted.q.lower().split()[:3]]
        words += ["%"] * (3 - len(words))
        found = sa.select(sa.func.search_items(*words, MOST_FOUND).label("id")).subquery()
        query = query.where(Item.id.in_(sa.select(found.c.id)))
    return query


def in_view(view: ItemView) -> list[sa.ColumnElement[bool]]:
    """Return the conditions of a view."""
    in_use = Item.archived_at.is_(None)
    kept = sa.literal_column("(items.has_moved OR items.reorder_point > 0)", sa.Boolean)
    short = sa.literal_column("items.available <= items.reorder_point", sa.Boolean)
    match view:
        case ItemView.SHORT:
            return [short, in_use, kept]
        case ItemView.OUT:
            return [short, Item.available <= 0, in_use, kept]
        case ItemView.ASSETS:
            return [sa.literal_column("items.kind = 'asset'", sa.Boolean), in_use]
        case ItemView.ARCHIVED:
            return [Item.archived_at.is_not(None)]
    return [in_use]


def like_pattern(word: str) -> str:
    """Return the pattern that finds a word anywhere, whatever is in it."""
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def list_rows(wanted: ListItems, *, with_sales: bool = True) -> tuple[list[StockRow], str | None]:
    """Return a page of items and the cursor of the next one.

    Raises:
        InvalidCursor: The position was not made here for this order.
    """
    query = after_cursor(matching(wanted, *ITEM_COLUMNS), wanted).limit(wanted.limit + 1)
    found = db.session.execute(query).all()
    rows = [StockRow(**row._mapping) for row in found[: wanted.limit]]  # noqa: SLF001 (SQLAlchemy's public name)
    cursor = encode_cursor(*_position(rows[-1], wanted)) if len(found) > wanted.limit else None
    return (with_sold(rows) if with_sales else rows), cursor


def after_cursor(query: sa.Select[Any], wanted: ListItems) -> sa.Select[Any]:
    """Order a query and begin it after the cursor. The name of the order is part of the position."""
    name = wanted.order.removeprefix("-")
    columns = [_SORTS[name]] if name == "sku" else [_SORTS[name], Item.id]
    falls = wanted.order.startswith("-")
    query = query.order_by(*[column.desc() if falls else column for column in columns])
    if wanted.after is None:
        return query
    sort, *position = decode_cursor(wanted.after, str, *columns)
    if sort != wanted.order:
        raise InvalidCursor
    here, there = sa.tuple_(*columns), sa.tuple_(*position, types=[column.type for column in columns])
    return query.where(here < there if falls else here > there)


def _position(row: StockRow, wanted: ListItems) -> list[str | int | None]:
    match wanted.order.removeprefix("-"):
        case "name":
            return [wanted.order, row.name, row.id]
        case "available":
            return [wanted.order, row.available, row.id]
        case "updated":
            return [wanted.order, row.updated_at.isoformat(), row.id]
    return [wanted.order, row.sku]


def rows_on_page(wanted: ListItems, ids: Collection[int]) -> list[StockRow]:
    """Return those of these items that stand on a page as it is now: what moved onto it or away shows by that."""
    rows, _ = list_rows(wanted, with_sales=False)
    return with_sold([row for row in rows if row.id in set(ids)])


def rows_by_id(ids: Collection[int]) -> list[StockRow]:
    """Return these items as rows, archived ones too."""
    if not ids:
        return []
    found = db.session.execute(sa.select(*ITEM_COLUMNS).where(Item.id.in_(ids))).all()
    return with_sold([StockRow(**row._mapping) for row in found])  # noqa: SLF001


def get_item(sku: str) -> StockRow:
    """Return one item, archived or not.

    Raises:
        NotFound: No such item in this company.
    """
    row = db.session.execute(sa.select(*ITEM_COLUMNS).where(Item.sku == sku)).one_or_none()
    if row is None:
        raise NotFound
    return with_sold([StockRow(**row._mapping)])[0]  # noqa: SLF001


def with_sold(rows: list[StockRow]) -> list[StockRow]:
    """Give rows their sales, in one query for all."""
    from dataclasses import replace

    sold = sold_by_day([row.id for row in rows])
    return [replace(row, sold=sold[row.id]) if row.id in sold else row for row in rows]


def stream_rows(wanted: ItemFilter, sort: str | None = None) -> Iterator[list[StockRow]]:
    """Yield every item of a filter in chunks, each read by itself, so that nothing is locked while a client reads."""
    chosen = wanted.model_dump(include={"view", "category", "q"})
    after: str | None = None
    while True:
        rows, after = list_rows(ListItems(**chosen, sort=sort, limit=MOST_ROWS, after=after), with_sales=False)
        yield rows
        if after is None:
            return
