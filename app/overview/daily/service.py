"""Rolling up: the orders of the last weeks are added up anew, so that a late change shows and a second run changes nothing."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from app.core import clock
from app.core.db import db, transaction
from app.core.tasks import progress
from app.core.tenancy import current_company_id
from app.orders.reads.daily import DaySales, first_day, items_by_day, sales_by_day
from app.overview.daily.models import DailyItem, DailySales

RECENT_DAYS = 62  # two months: later than that hardly any order changes
STRETCH_DAYS = 31  # of one transaction
MOST_ITEMS = 20
DAY = timedelta(days=1)


def roll_up(days: int | None = None) -> int:
    """Add up the newest days, today included, and return how many days were written.

    Args:
        days: How many; None for two months, and for everything where nothing was added up yet.
    """
    with transaction():
        currency, zone = db.session.execute(sa.text("SELECT currency, timezone FROM companies")).one()
        is_new = db.session.scalar(sa.select(DailySales.day).limit(1)) is None
    today = clock.now().astimezone(ZoneInfo(zone)).date()
    first = today - ((days or RECENT_DAYS) - 1) * DAY
    if is_new and days is None:
        first = min(first_day(zone) or first, first)
    count = (today - first).days + 1
    for start in range(0, count, STRETCH_DAYS):
        begin = first + start * DAY
        end = min(begin + (STRETCH_DAYS - 1) * DAY, today)
        _write(currency, zone, begin, end)
        progress((end - first).days + 1, count, f"To {end}")
    return count


def _write(currency: str, zone: str, first: date, last: date) -> None:
    """Replace some days. A day without orders has a row too: it was looked at."""
    company = current_company_id()
    with transaction() as session:
        # One at a time: two runs side by side would both delete, and then both insert.
        session.execute(
            sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": f"daily {company}"}
        )
        found = sales_by_day(zone, first, last)
        sold = {one.day for one in found if one.currency == currency}
        days = [first + number * DAY for number in range((last - first).days + 1)]
        empty = [DaySales(day, currency, 0, 0, 0) for day in days if day not in sold]
        items = items_by_day(zone, first, last, MOST_ITEMS)
        for table in (DailySales, DailyItem):
            session.execute(sa.delete(table).where(table.day.between(first, last)))
        session.execute(sa.insert(DailySales), [{"company_id": company, **vars(one)} for one in [*found, *empty]])
        if items:
            session.execute(sa.insert(DailyItem), [{"company_id": company, **vars(one)} for one in items])
