"""This month's figures by provider, at its pace so far."""

import calendar
from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from app.core import clock
from app.core.db import db
from app.storage.usage.costs import Month
from app.storage.usage.days import fill

# The newest row before the month is what its line begins with: only days of change have one.
ROWS = """
SELECT category, provider, day, bytes, writes, reads, sent_bytes FROM {table}
WHERE company_id = :owner AND category <> '' AND day >= :start
UNION ALL
(SELECT DISTINCT ON (category, provider) category, provider, CAST(:start AS date) - 1, bytes, 0, 0, 0 FROM {table}
WHERE company_id = :owner AND category <> '' AND day < :start ORDER BY category, provider, day DESC)
"""
OF_ONE, OF_ALL = sa.text(ROWS.format(table="storage_days")), sa.text(ROWS.format(table="storage_all_days"))


def month_of_providers(owner: int, *, is_all: bool, today: date | None = None) -> dict[str, Month]:
    """Return what each provider is asked for this month, if it goes on as so far.

    Bytes are the average of the month's days so far; requests and what was sent are scaled to the whole month.

    Args:
        owner: The company, or the installation for all of them.
        is_all: Whether all companies are meant.
        today: The day it is.
    """
    today = today or clock.now().date()
    start = today.replace(day=1)
    lines: dict[tuple[str, str], dict[date, int]] = {}
    asked: dict[str, Month] = {}
    for row in db.session.execute(OF_ALL if is_all else OF_ONE, {"owner": owner, "start": start}):
        lines.setdefault((row.category, row.provider), {})[row.day] = int(row.bytes)
        counted = Month(writes=row.writes, reads=row.reads, sent_bytes=int(row.sent_bytes))
        asked[row.provider] = asked.get(row.provider, Month()) + counted
    days = known_days(lines, start, today)
    pace = Decimal(calendar.monthrange(today.year, today.month)[1]) / max(days, 1)
    found: dict[str, Month] = {}
    for provider, counted in asked.items():
        held = sum(sum(fill(line, start, today, None)) for (_, at), line in lines.items() if at == provider)
        found[provider] = Month(
            Decimal(held) / max(days, 1), round(counted.writes * pace), round(counted.reads * pace),
            round(counted.sent_bytes * pace),
        )  # fmt: skip
    return found


def known_days(lines: dict[tuple[str, str], dict[date, int]], start: date, today: date) -> int:
    """Return how many days of the month anything is known of: the first files may have come in the middle of it."""
    first = min((min(line) for line in lines.values()), default=today)
    return (today - max(first, start)).days + 1
