"""What was shipped of items in the last 30 days."""

from collections.abc import Collection
from datetime import datetime, time, timedelta

import sqlalchemy as sa

from app.core import clock
from app.core.db import db
from app.inventory.models import Movement

SALES_DAYS = 30


def sold_by_day(item_ids: Collection[int]) -> dict[int, list[int]]:
    """Return units shipped on each of the last 30 days (UTC, today last), for the items that shipped any."""
    if not item_ids:
        return {}
    today = clock.now().date()
    first = today - timedelta(days=SALES_DAYS - 1)
    day = sa.cast(sa.func.timezone("UTC", Movement.occurred_at), sa.Date)
    rows = db.session.execute(
        sa.select(Movement.item_id, day, -sa.func.sum(Movement.delta))
        .where(
            Movement.item_id.in_(item_ids),
            sa.literal_column("stock_movements.kind = 'shipment'", sa.Boolean),
            Movement.occurred_at >= datetime.combine(first, time(), clock.now().tzinfo),
        )
        .group_by(Movement.item_id, day)
    ).all()
    sold: dict[int, list[int]] = {}
    for item_id, at, units in rows:
        days = sold.setdefault(item_id, [0] * SALES_DAYS)
        if 0 <= (at - first).days < SALES_DAYS:
            days[(at - first).days] = int(units)
    return sold
