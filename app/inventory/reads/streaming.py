"""Every item of a filter as it stood at one moment, by a cursor on the server: for files that jobs write."""

from collections.abc import Iterator

from app.core.bulk import MORE_TIME
from app.core.db import db
from app.inventory.reads.items import ITEM_COLUMNS, StockRow, after_cursor, matching
from app.inventory.schemas import ItemFilter, ListItems

CHUNK = 1000


def stream_items(wanted: ItemFilter, sort: str | None = None) -> Iterator[list[StockRow]]:
    """Yield the items in chunks, from one snapshot: the transaction stays open until the last one."""
    chosen = ListItems(**wanted.model_dump(include={"view", "category", "q"}), sort=sort)
    db.session.execute(MORE_TIME)
    rows = db.session.execute(
        after_cursor(matching(wanted, *ITEM_COLUMNS), chosen), execution_options={"yield_per": CHUNK}
    )
    for chunk in rows.partitions():
        yield [StockRow(**row._mapping) for row in chunk]  # noqa: SLF001 (SQLAlchemy's public name)
