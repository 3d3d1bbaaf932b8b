"""What happened to one order, from the event log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from app.core.cursor import decode_cursor, encode_cursor
from app.core.db import db

# Read only; the relay owns the table.
event_log = sa.table(
    "event_log",
    sa.column("topic", sa.Text),
    sa.column("seq", sa.BigInteger),
    sa.column("type", sa.Text),
    sa.column("event_id", sa.Text),
    sa.column("row_id", sa.Text),
    sa.column("row_version", sa.BigInteger),
    sa.column("data", JSONB),
    sa.column("actor", JSONB),
    sa.column("request_id", sa.Text),
    sa.column("occurred_at", sa.DateTime(timezone=True)),
)


@dataclass(frozen=True)
class TimelineRow:
    """One event of an order."""

    seq: int
    id: str
    type: str
    time: datetime
    actor: dict[str, Any]
    request_id: str
    version: int | None
    data: dict[str, Any]


def order_timeline(number: int, *, after: str | None = None, limit: int = 50) -> tuple[list[TimelineRow], str | None]:
    """Return an order's events, newest first, and the position of the next page.

    Raises:
        InvalidCursor: The position was made by hand.
    """
    query = (
        sa.select(
            event_log.c.seq, event_log.c.event_id, event_log.c.type, event_log.c.occurred_at, event_log.c.actor,
            event_log.c.request_id, event_log.c.row_version, event_log.c.data,
        )
        .where(event_log.c.topic == "orders", event_log.c.row_id == str(number))
        .order_by(event_log.c.seq.desc())
        .limit(limit + 1)
    )  # fmt: skip
    if after is not None:
        query = query.where(event_log.c.seq < decode_cursor(after, int)[0])
    rows = [TimelineRow(*row) for row in db.session.execute(query)]
    more = len(rows) > limit
    rows = rows[:limit]
    return rows, encode_cursor(rows[-1].seq) if more else None
