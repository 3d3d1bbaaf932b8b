"""What was ordered on each day of the company's own calendar. Read by a job, never by a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from app.core.bulk import MORE_TIME
from app.core.db import transaction

# A day is that of placing. What was cancelled is no sale; an imported return is a row of its own, with units below zero.
STANDS = "o.state <> 'cancelled' AND o.unit_count > 0"
WITHIN = """o.placed_at >= cast(:first AS date)::timestamp AT TIME ZONE :zone
    AND o.placed_at < (cast(:last AS date) + 1)::timestamp AT TIME ZONE :zone"""
DAY = "(o.placed_at AT TIME ZONE :zone)::date"
SALES = f"""
    SELECT {DAY} AS day, o.currency, count(*)::integer AS orders, sum(o.unit_count)::bigint AS units,
           sum(o.total_minor)::bigint AS revenue_minor
    FROM orders o WHERE {STANDS} AND {WITHIN} GROUP BY 1, 2 ORDER BY 1, 2"""
ITEMS = f"""
    SELECT day, item_id, sku, orders, units FROM (
        SELECT {DAY} AS day, l.item_id, min(l.sku) AS sku, count(DISTINCT o.number)::integer AS orders,
               sum(l.quantity - l.cancelled)::bigint AS units,
               row_number() OVER (PARTITION BY {DAY} ORDER BY sum(l.quantity - l.cancelled) DESC, l.item_id) AS place
        FROM orders o JOIN order_lines l ON l.company_id = o.company_id AND l.order_number = o.number
        WHERE {STANDS} AND {WITHIN} AND l.quantity > l.cancelled GROUP BY 1, 2) d
    WHERE place <= :most ORDER BY day, place"""
OLDEST = "SELECT (min(placed_at) AT TIME ZONE :zone)::date FROM orders"


@dataclass(frozen=True)
class DaySales:
    """Orders of one day in one currency."""

    day: date
    currency: str
    orders: int
    units: int
    revenue_minor: int


@dataclass(frozen=True)
class DayItem:
    """One of the items that sold most on a day."""

    day: date
    item_id: int
    sku: str
    orders: int
    units: int


def first_day(zone: str) -> date | None:
    """Return the day of the oldest order; None without any."""
    with transaction() as session:
        found: date | None = session.scalar(sa.text(OLDEST), {"zone": zone})
    return found


def sales_by_day(zone: str, first: date, last: date) -> Sequence[DaySales]:
    """Return the sales of each day that had any, from the first to the last one."""
    with transaction() as session:
        session.execute(MORE_TIME)
        rows = session.execute(sa.text(SALES), {"zone": zone, "first": first, "last": last})
        return [DaySales(*row) for row in rows]


def items_by_day(zone: str, first: date, last: date, most: int) -> Sequence[DayItem]:
    """Return the items that sold most on each day."""
    with transaction() as session:
        session.execute(MORE_TIME)
        rows = session.execute(sa.text(ITEMS), {"zone": zone, "first": first, "last": last, "most": most})
        return [DayItem(*row) for row in rows]
