"""Reading a large table piece by piece, each piece a short query that begins where the last one ended.

No cursor and no transaction stays open in between, so the work on a piece may take its time and may write; rows that
come or change meanwhile are met as they are then. What must stand still is read by `snapshot_may_lag` instead.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from app.core.db import db

CHUNK = 1000
Key = Sequence[sa.ColumnElement[Any]]  # Any: columns of any type


def read_in_chunks(
    statement: "sa.Select[*tuple[Any, ...]]", key: Key, *, size: int = CHUNK
) -> Iterator[list["sa.Row[*tuple[Any, ...]]"]]:  # Any: columns of any type
    """Yield a statement's rows in pieces, in the order of a key; never an empty piece.

    Args:
        statement: Neither ordered nor limited; it selects the columns of the key, among others.
        key: Unique together, never NULL, and backed by an index.
        size: Rows of a piece.
    """
    names = [str(one.key) for one in key]
    ordered = statement.order_by(*key).limit(size)
    last: list[Any] | None = None
    while True:
        piece = ordered if last is None else ordered.where(after(key, last))
        rows = list(db.session.execute(piece).all())
        if rows:
            last = [getattr(rows[-1], name) for name in names]
            yield rows
        if len(rows) < size:
            return


def after(key: Key, last: Sequence[Any]) -> sa.ColumnElement[bool]:  # Any: values of any type
    """Return the condition "later than this" over several columns, which an index answers as one range."""
    values = [sa.literal(value, one.type) for value, one in zip(last, key, strict=True)]
    return sa.tuple_(*key) > sa.tuple_(*values) if len(key) > 1 else key[0] > values[0]
