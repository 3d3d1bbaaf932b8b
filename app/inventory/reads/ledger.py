"""The ledger of one item."""

import sqlalchemy as sa

from app.core.cursor import decode_cursor, encode_cursor
from app.core.db import db
from app.inventory.models import Movement


def list_movements(item_id: int, *, limit: int = 50, after: str | None = None) -> tuple[list[Movement], str | None]:
    """Return a page of an item's ledger, newest first, and the cursor of the next one.

    Raises:
        InvalidCursor: The position was not made here for this item.
    """
    query = sa.select(Movement).where(Movement.item_id == item_id).order_by(Movement.id.desc())
    if after is not None:
        query = query.where(Movement.id < decode_cursor(after, Movement.id)[0])
    found = list(db.session.scalars(query.limit(limit + 1)))
    cursor = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    return found[:limit], cursor
