"""How the hour goes: orders placed in the last 60 minutes beside a usual hour. Bounded, on one index."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

import sqlalchemy as sa

from app.core import clock
from app.core.cache import OfCompany, cached
from app.core.db import db
from app.orders.models import Order

HOUR = timedelta(hours=1)
WEEKS = 4
BOUND = 20_000
SLICES = 12  # of five minutes


@dataclass(frozen=True)
class Rhythm:
    """Orders of the last hour beside a usual one.

    Attributes:
        usual: Median of the same hour on the same weekday of the last four weeks; None without history.
        points: Orders of each five minutes, oldest first.
    """

    now: int
    usual: float | None
    points: Sequence[int]

    @property
    def change(self) -> int | None:
        """Percent above (or below) the usual hour; None when there is none to compare with."""
        return round((self.now - self.usual) / self.usual * 100) if self.usual else None


RHYTHM: OfCompany[Rhythm] = OfCompany(
    "orders.rhythm",
    "orders",
    Rhythm,
    meaning="orders of the hour beside a usual one",
    tables=["orders"],
    topics=["orders"],
)


@cached(RHYTHM)
def orders_rhythm(at: datetime | None = None) -> Rhythm:
    """Return how the last hour goes."""
    now = at or clock.now()
    ends = [now - timedelta(weeks=week) for week in range(WEEKS + 1)]
    counts = [int(n) for n in db.session.execute(sa.select(*[_placed_in_hour_to(end) for end in ends])).one()]
    usual = float(median(counts[1:])) if any(counts[1:]) else None
    return Rhythm(counts[0], usual, _by_five_minutes(now))


def has_orders() -> bool:
    """Say whether there is any order."""
    return db.session.scalar(sa.select(Order.number).limit(1)) is not None


def _placed_in_hour_to(end: datetime) -> sa.ScalarSelect[int]:
    some = sa.select(sa.literal(1)).select_from(Order).where(Order.placed_at >= end - HOUR, Order.placed_at < end)
    return sa.select(sa.func.count()).select_from(some.limit(BOUND).subquery()).scalar_subquery()


def _by_five_minutes(now: datetime) -> list[int]:
    start = now - HOUR
    recent = sa.select(Order.placed_at).where(Order.placed_at >= start, Order.placed_at < now).limit(BOUND).subquery()
    seconds = sa.cast(sa.extract("epoch", recent.c.placed_at), sa.Double)
    place = sa.func.width_bucket(seconds, start.timestamp(), now.timestamp(), SLICES).label("place")
    rows = db.session.execute(sa.select(place, sa.func.count().label("n")).group_by(place))
    found = {int(row.place): int(row.n) for row in rows}
    return [found.get(number, 0) for number in range(1, SLICES + 1)]
