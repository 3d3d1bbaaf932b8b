"""What the leading relay keeps in order: partitions of the coming days, and nothing older than is promised."""

from datetime import timedelta

import sqlalchemy as sa

from app.core import clock
from app.core.db import db
from app.queries.models import Change, CompanyHour, Plan, ServerHour, StatementHour

DAYS_OF_MINUTES = 8
KEPT = (
    (StatementHour.__table__, "at", timedelta(days=90)),
    (ServerHour.__table__, "at", timedelta(days=90)),
    (CompanyHour.__table__, "at", timedelta(days=30)),
    (Change.__table__, "at", timedelta(days=365)),
    (Plan.__table__, "last_seen_at", timedelta(days=180)),
)
BATCH = 5000


def keep_partitions() -> None:
    """Make and drop partitions, and delete what is older than it is kept, a batch at a time."""
    engine = db.engines["system"].execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT keep_query_partitions(:days)"), {"days": DAYS_OF_MINUTES})
        for table, column, kept in KEPT:
            while delete_batch(connection, table, column, kept) == BATCH:
                pass


def delete_batch(connection: sa.Connection, table: sa.FromClause, column: str, kept: timedelta) -> int:
    """Delete one batch of what is too old; return how many rows."""
    ctid: sa.ColumnElement[object] = sa.literal_column("ctid")
    old = sa.select(ctid).select_from(table).where(table.c[column] < clock.now() - kept).limit(BATCH)
    return connection.execute(sa.delete(table).where(ctid.in_(old))).rowcount
