"""What was ordered of each item week by week, and which items stand on the same orders. Read by jobs, never by a page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from app.core.bulk import MORE_TIME
from app.core.db import db, transaction

# Weeks begin on Monday in the company's own calendar. What was cancelled was not wanted after all; what came back was.
NEWEST = "SELECT max(placed_at) FROM orders WHERE state <> 'cancelled'"
WEEKLY = """
    SELECT l.item_id, date_trunc('week', o.placed_at AT TIME ZONE :zone)::date AS week, sum(l.quantity - l.cancelled)::float AS units
    FROM orders o JOIN order_lines l ON l.company_id = o.company_id AND l.order_number = o.number
    WHERE o.state <> 'cancelled' AND o.placed_at >= :since AND o.placed_at < :until AND l.quantity > l.cancelled
    GROUP BY 1, 2 ORDER BY 1, 2"""
BASKETS = """
    CREATE TEMPORARY TABLE baskets ON COMMIT DROP AS
    SELECT o.number, l.item_id FROM orders o JOIN order_lines l ON l.company_id = o.company_id AND l.order_number = o.number
    WHERE o.state <> 'cancelled' AND o.placed_at >= :since AND l.quantity > l.cancelled
      AND o.line_count BETWEEN 1 AND :longest
    GROUP BY 1, 2"""
COMPANIONS = """
    WITH bought AS (SELECT item_id, count(*) AS orders FROM baskets GROUP BY 1 HAVING count(*) >= :least),
    likely AS (SELECT b.number, b.item_id FROM baskets b JOIN bought USING (item_id)),
    pairs AS (
        SELECT a.item_id, b.item_id AS other_id, count(*) AS together FROM likely a
        JOIN likely b ON b.number = a.number AND b.item_id <> a.item_id
        GROUP BY 1, 2 HAVING count(*) >= :least),
    judged AS (
        SELECT p.item_id, p.other_id, p.together, i.orders, p.together::float / i.orders AS confidence,
               p.together::float * (SELECT count(DISTINCT number) FROM baskets) / (i.orders::float * o.orders) AS lift
        FROM pairs p JOIN bought i ON i.item_id = p.item_id JOIN bought o ON o.item_id = p.other_id),
    ranked AS (
        SELECT *, row_number() OVER (PARTITION BY item_id ORDER BY confidence * ln(lift) DESC, together DESC, other_id) AS place
        FROM judged WHERE lift > 1 AND confidence >= :confidence)
    SELECT item_id, other_id, together, orders, confidence, lift FROM ranked WHERE place <= :most ORDER BY item_id, place"""
# All of a company's orders are joined with all of their lines. After an import the planner's figures know neither, and it
# would go through the lines once for each order: half a year of a retailer then takes minutes instead of a second.
WHOLE = sa.text("SET LOCAL enable_nestloop = off")
LONGEST = 100  # items on an order: a wholesaler's list says nothing, and its pairs grow with the square


@dataclass(frozen=True)
class Companion:
    """Two items that stand on the same orders; see `ItemCompanion`."""

    item_id: int
    other_id: int
    together: int
    orders: int
    confidence: float
    lift: float


def newest_order_at() -> datetime | None:
    """Return when the newest order that stands was placed."""
    found: datetime | None = db.session.scalar(sa.text(NEWEST))
    return found


def weekly_units(zone: str, since: datetime, until: datetime) -> Iterator[tuple[int, dict[date, float]]]:
    """Yield each item that was ordered with its units by week (the week's Monday)."""
    names = {"zone": zone, "since": since, "until": until}
    with transaction() as session:
        session.execute(MORE_TIME)
        session.execute(WHOLE)
        rows = session.execute(sa.text(WEEKLY), names).all()
    found: dict[int, dict[date, float]] = {}
    for item_id, week, units in rows:
        found.setdefault(item_id, {})[week] = units
    yield from found.items()


def bought_together(since: datetime, *, least: int, confidence: float, most: int) -> list[Companion]:
    """Return the best companions of each item.

    Args:
        since: Orders placed before do not count.
        least: Orders that must hold an item, and both of a pair.
        confidence: Share of an item's orders that must hold the other.
        most: Companions of one item.
    """
    with transaction() as session:
        session.execute(MORE_TIME)
        session.execute(WHOLE)
        session.execute(sa.text(BASKETS), {"since": since, "longest": LONGEST})
        session.execute(sa.text("SET LOCAL enable_nestloop = on"))
        session.execute(sa.text("ANALYZE baskets"))
        rows = session.execute(sa.text(COMPANIONS), {"least": least, "confidence": confidence, "most": most})
        return [Companion(*row) for row in rows]
