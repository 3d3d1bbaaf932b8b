"""The last thirty whole days beside the same days a week before."""

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from app.core import clock
from app.core.db import db
from app.core.plot import Plot, plot_of
from app.core.replicas.reading import may_lag
from app.overview.daily.models import DailyItem, DailySales

SHOWN_DAYS = 30
BEFORE = timedelta(days=7)
TOP = 5


@dataclass(frozen=True)
class Figure:
    """One figure of each day.

    Attributes:
        now: Of the thirty days, oldest first; None for a day that was not added up.
        before: Of the same weekdays a week before.
    """

    now: list[int | None]
    before: list[int | None]

    @property
    def total(self) -> int:
        """Of the thirty days."""
        return sum(one or 0 for one in self.now)

    @property
    def change(self) -> int | None:
        """Percent above (or below) the days a week before; None when these had none."""
        past = sum(one or 0 for one in self.before)
        return round((self.total - past) / past * 100) if past else None

    @property
    def plot(self) -> Plot:
        """Both lines, the days a week before first."""
        return plot_of(self.before, self.now)


@dataclass(frozen=True)
class Month:
    """What the overview shows of thirty days.

    Attributes:
        others: Revenue in other currencies, in minor units.
        top: SKU and units of what sold most.
    """

    days: list[date]
    currency: str
    orders: Figure
    revenue: Figure
    others: dict[str, int]
    top: list[tuple[str, int]]


@may_lag
def last_month() -> Month | None:
    """Return the thirty days before today; None when none of them was added up."""
    currency, zone = db.session.execute(sa.text("SELECT currency, timezone FROM companies")).one()
    today = clock.now().astimezone(ZoneInfo(zone)).date()
    days = [today - timedelta(days=SHOWN_DAYS - number) for number in range(SHOWN_DAYS)]
    rows = db.session.scalars(
        sa.select(DailySales).where(DailySales.day >= days[0] - BEFORE, DailySales.day < today)
    ).all()
    if not any(row.day >= days[0] for row in rows):
        return None
    others: dict[str, int] = {}
    for row in rows:
        if row.currency != currency and row.day >= days[0]:
            others[row.currency] = others.get(row.currency, 0) + row.revenue_minor
    revenue = {row.day: row.revenue_minor for row in rows if row.currency == currency}
    orders: dict[date, int] = {}
    for row in rows:
        orders[row.day] = orders.get(row.day, 0) + row.orders
    return Month(days, currency, _figure(orders, days), _figure(revenue, days), others, _top(days[0], today))


def _figure(by_day: dict[date, int], days: list[date]) -> Figure:
    return Figure([by_day.get(day) for day in days], [by_day.get(day - BEFORE) for day in days])


def _top(first: date, today: date) -> list[tuple[str, int]]:
    units = sa.func.sum(DailyItem.units)
    query = (
        sa.select(sa.func.min(DailyItem.sku), units)
        .where(DailyItem.day >= first, DailyItem.day < today)
        .group_by(DailyItem.item_id)
        .order_by(units.desc(), DailyItem.item_id)
        .limit(TOP)
    )
    return [(sku, int(count)) for sku, count in db.session.execute(query)]
