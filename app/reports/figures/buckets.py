"""Time in steps that fit on a page: hours of a day, days of two months, months of more."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.core.present import zone_info
from app.reports.periods import Period, spell

MOST_DAYS = 62


def is_by_day(period: Period) -> bool:
    """Say whether the period is short enough for a step a day."""
    return period.days <= MOST_DAYS


def day_of(column: Any, period: Period) -> sa.ColumnElement[date]:  # Any: a mapped column
    """Return the day of an instant in the period's zone."""
    return sa.cast(sa.func.timezone(sa.literal_column(_quoted(period.zone)), column), sa.Date)


def bucket_of(column: Any, period: Period) -> sa.ColumnElement[date]:  # Any: a mapped column
    """Return the first day of an instant's step."""
    if is_by_day(period):
        return day_of(column, period)
    local = sa.func.timezone(sa.literal_column(_quoted(period.zone)), column)
    return sa.cast(sa.func.date_trunc(sa.literal_column("'month'"), local), sa.Date)


def bars(values: Mapping[date, Decimal], period: Period) -> tuple[list[str], list[Decimal]]:
    """Return a label and a value for every step of the period; steps in which nothing happened are zero."""
    steps = _steps(period)
    labels = [spell(step).rsplit(" ", 1)[0] if is_by_day(period) else f"{step:%b %Y}" for step in steps]
    return labels, [values.get(step, Decimal(0)) for step in steps]


def _steps(period: Period) -> list[date]:
    first = _local(period.since, period)
    last = _local(period.until - timedelta(seconds=1), period)
    if is_by_day(period):
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [date(month // 12, month % 12 + 1, 1) for month in months]


def _local(at: datetime, period: Period) -> date:
    return at.astimezone(zone_info(period.zone)).date()


def _quoted(zone: str) -> str:
    """Return a zone's name as SQL text: a constant, because GROUP BY must see the same expression twice."""
    return "'" + zone_info(zone).key.replace("'", "''") + "'"
