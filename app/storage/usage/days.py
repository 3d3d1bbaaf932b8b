"""What was stored on the days behind us, and when a quota will be full if it goes on like this."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import sqlalchemy as sa

from app.core import clock
from app.core.db import db

SHOWN_DAYS = 30
FEWEST_DAYS = 7  # from fewer nobody can say how it goes on
FARTHEST_DAYS = 5 * 365  # farther away is not in sight
# Only days of change have a row, so each line begins with the newest row before it.
LINES = sa.text(
    """
    SELECT company_id, day, bytes FROM storage_days
    WHERE company_id = ANY (:companies) AND category = '' AND provider = '' AND day >= :start
    UNION ALL
    SELECT asked.id, CAST(:start AS date) - 1, before.bytes FROM unnest(:companies) AS asked (id)
    CROSS JOIN LATERAL (
      SELECT bytes FROM storage_days
      WHERE company_id = asked.id AND category = '' AND provider = '' AND day < :start ORDER BY day DESC LIMIT 1
    ) AS before
    """
).bindparams(sa.bindparam("companies", type_=sa.ARRAY(sa.BigInteger)), sa.bindparam("start", type_=sa.Date))


@dataclass(frozen=True)
class Line:
    """Bytes at the end of each day, oldest first; the last is now.

    Attributes:
        points: At most 31 of them; fewer when nothing was stored before.
    """

    points: tuple[int, ...]

    @property
    def week(self) -> int:
        """How much more it is than a week ago; what was not there yet was nothing."""
        if not self.points:
            return 0
        return self.points[-1] - (self.points[-8] if len(self.points) > FEWEST_DAYS else 0)

    @property
    def slope(self) -> float:
        """Bytes a day, by least squares: one large day bends it, and does not decide it."""
        count = len(self.points)
        if count < 2:  # noqa: PLR2004
            return 0.0
        middle, mean = (count - 1) / 2, sum(self.points) / count
        over = sum((at - middle) * (value - mean) for at, value in enumerate(self.points))
        return over / sum((at - middle) ** 2 for at in range(count))


@dataclass(frozen=True)
class Outlook:
    """When a quota will be full.

    Attributes:
        state: `open` without a quota; `full` now; `soon` in `days`; `far`: not in sight; `unknown`: too few days.
    """

    state: Literal["open", "full", "soon", "far", "unknown"]
    days: int = 0

    @property
    def words(self) -> str:
        """What people read: `in 12 days`, `in 6 months`, `not in sight`."""
        if self.state == "soon":
            return f"in {_span(self.days)}"
        return {"open": "no quota", "full": "full now", "far": "not in sight", "unknown": "too few days"}[self.state]


def outlook(line: Line, used: int, hard_bytes: int | None) -> Outlook:
    """Return when a quota will be full if the last days go on."""
    if hard_bytes is None:
        return Outlook("open")
    if used >= hard_bytes:
        return Outlook("full")
    if len(line.points) <= FEWEST_DAYS:
        return Outlook("unknown")
    if line.slope <= 0:
        return Outlook("far")
    days = (hard_bytes - used) / line.slope
    return Outlook("soon", max(1, round(days))) if days <= FARTHEST_DAYS else Outlook("far")


def lines(used: dict[int, int], today: date | None = None) -> dict[int, Line]:
    """Return the line of each company, by what it uses now.

    Args:
        used: Company → bytes now; in a company's own scope its own alone.
        today: The day of the last point.
    """
    today = today or clock.now().date()
    start = today - timedelta(days=SHOWN_DAYS)
    rows: dict[int, dict[date, int]] = {company: {} for company in used}
    for row in db.session.execute(LINES, {"companies": list(used), "start": start}):
        rows[row.company_id][row.day] = int(row.bytes)
    return {company: Line(fill(rows[company], start, today, used[company])) for company in used}


def fill(known: dict[date, int], start: date, today: date, last: int | None) -> tuple[int, ...]:
    """Return one value a day: a day without one is as the day before it; before the first there is none.

    Args:
        known: Day → value; one before `start` is what the line begins with.
        start: The first day.
        today: The last day.
        last: The value of today, exact now; None for what is known.
    """
    value = next((known[day] for day in known if day < start), None)
    points: list[int] = []
    for offset in range((today - start).days + 1):
        value = known.get(start + timedelta(days=offset), value)
        if value is not None:
            points.append(value)
    if last is not None:
        points[-1:] = [last]
    return tuple(points)


def _span(days: int) -> str:
    """Return days as people say them ahead: 12 days, 6 months, 2 years."""
    month, year = 30.4, 365.25
    if days < 60:  # noqa: PLR2004
        return f"{days} day{'' if days == 1 else 's'}"
    if days < 700:  # noqa: PLR2004
        return f"{round(days / month)} months"
    return f"{round(days / year)} years"
