"""What the leading relay keeps in order: partitions of the coming days, and nothing older than is promised."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import InstrumentedAttribute

from app.core import clock
from app.core.db import db
from app.queries.models import (
    Change,
    CompanyHour,
    Fold,
    Origin,
    Ours,
    Plan,
    Repeat,
    ServerHour,
    ServerStatement,
    StatementHour,
)
from config import Settings

KEPT = (
    (StatementHour, StatementHour.at, timedelta(days=90)),
    (ServerHour, ServerHour.at, timedelta(days=90)),
    (ServerStatement, ServerStatement.last_seen_at, timedelta(days=100)),
    (CompanyHour, CompanyHour.at, timedelta(days=30)),
    (Change, Change.at, timedelta(days=365)),
    (Plan, Plan.last_seen_at, timedelta(days=180)),
    (Origin, Origin.last_seen_at, timedelta(days=90)),
    (Repeat, Repeat.last_seen_at, timedelta(days=30)),
    (Fold, Fold.at, timedelta(days=7)),
)
BATCH = 5000


def keep_partitions() -> None:
    """Make and drop partitions, and delete what is older than it is kept, a batch at a time."""
    settings: Settings = current_app.config["SETTINGS"]
    engine = db.engines["system"].execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT keep_query_partitions(:days)"), {"days": settings.query_keep_days})
        for model, column, kept in KEPT:
            while delete_batch(connection, model, column, kept) == BATCH:
                pass


def delete_batch(
    connection: sa.Connection, model: type[Ours], column: InstrumentedAttribute[datetime], kept: timedelta
) -> int:
    """Delete one batch of what is too old; return how many rows."""
    ctid: sa.ColumnElement[object] = sa.literal_column("ctid")
    old = sa.select(ctid).select_from(model).where(column < clock.now() - kept).limit(BATCH)
    return connection.execute(sa.delete(model).where(ctid.in_(old))).rowcount
