"""Reading a large table piece by piece, each piece a short query that begins where the last one ended.

No cursor and no transaction stays open in between, so the work on a piece may take its time and may write; rows that
come or change meanwhile are met as they are then. What must stand still is read by `snapshot_may_lag` instead.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from app.core.db import transaction

CHUNK = 1000
Key = Sequence[sa.ColumnElement[Any]]  # Any: columns of any type


def read_in_chunks(
    statement: "sa.Select[*tuple[Any, ...]]", key: Key, *, size: int = CHUNK, is_descending: bool = False
) -> Iterator[list["sa.Row[*tuple[Any, ...]]"]]:  # Any: columns of any type
    """Yield a statement's rows in pieces, in the order of a key; never an empty piece.

    Args:
        statement: Neither ordered nor limited; it selects the columns of the key, among others.
        key: Unique together, never NULL, and backed by an index.
        size: Rows of a piece.
        is_descending: Whether the last come first.
    """
    names = [str(one.key) for one in key]
    ordered = statement.order_by(*[one.desc() if is_descending else one for one in key]).limit(size)
    last: list[Any] | None = None
    while True:
        piece = ordered if last is None else ordered.where(beyond(key, last, is_descending=is_descending))
        with transaction() as session:
            rows = list(session.execute(piece).all())
        if rows:
            last = [getattr(rows[-1], name) for name in names]
            yield rows
        if len(rows) < size:
            return


def beyond(key: Key, last: Sequence[Any], *, is_descending: bool) -> sa.ColumnElement[bool]:  # Any: any type
    """Return the condition "further than this" over several columns, which an index answers as one range."""
    values = [sa.literal(value, one.type) for value, one in zip(last, key, strict=True)]
    left, right = (sa.tuple_(*key), sa.tuple_(*values)) if len(key) > 1 else (key[0], values[0])
    return left < right if is_descending else left > right
