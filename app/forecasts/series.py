"""Units of each week without gaps: a week in which nobody ordered is a zero, not a hole."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from app.core import clock
from app.core.db import db
from app.orders.reads.demand import newest_order_at, weekly_units

WEEK = timedelta(weeks=1)
MOST_WEEKS = 156  # three years: two seasons and what they are tested on


@dataclass(frozen=True)
class Span:
    """The weeks that are looked at: Mondays, `end` the first one that is not over."""

    zone: str
    start: date
    end: date

    @property
    def instants(self) -> tuple[datetime, datetime]:
        """Both ends as instants."""
        zone = ZoneInfo(self.zone)
        return datetime.combine(self.start, time(), zone), datetime.combine(self.end, time(), zone)


@dataclass(frozen=True)
class Series:
    """One item's weeks, oldest first."""

    item_id: int
    first_week: date
    units: list[float]


def read_span() -> Span | None:
    """Return the weeks to look at; None without orders.

    The week of the newest order is not over, as far as anybody knows, so it does not count. Where orders end long
    ago, as after an import of old ones, the weeks end there: later ones hold no demand that anybody has seen.
    """
    newest = newest_order_at()
    if newest is None:
        return None
    zone = str(db.session.scalar(sa.text("SELECT timezone FROM companies")))
    day = min(newest, clock.now()).astimezone(ZoneInfo(zone)).date()
    end = day - timedelta(days=day.weekday())
    return Span(zone, end - MOST_WEEKS * WEEK, end)


def read_series(span: Span) -> Iterator[Series]:
    """Yield every item that was ordered, from the week of its first order on."""
    for item_id, by_week in weekly_units(span.zone, *span.instants):
        first = min(by_week)
        count = (span.end - first) // WEEK
        yield Series(item_id, first, [by_week.get(first + number * WEEK, 0.0) for number in range(count)])
