"""When people order: weeks with quiet Sundays, days with a noon and an evening, a slow rise, some busy days."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

DAYS = 90
BY_WEEKDAY = (1.15, 1.05, 1.0, 1.05, 1.2, 0.85, 0.45)  # Monday first
BY_HOUR = (1, 1, 0, 0, 0, 1, 2, 5, 9, 12, 13, 13, 14, 12, 11, 11, 10, 10, 9, 11, 12, 9, 5, 2)
BUSY_SHARE = 0.04


def order_times(rng: Random, *, now: datetime, per_day: float) -> Iterator[datetime]:
    """Yield the instants of orders in the last 90 days, in order, none in the future.

    Args:
        rng: Where chance comes from; the same seed gives the same days.
        now: The end.
        per_day: Orders of a mean day.
    """
    start = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS)
    for day in range(DAYS + 1):
        midnight = start + timedelta(days=day)
        rise = 0.85 + 0.3 * day / DAYS
        wave = 1 + 0.12 * math.sin(2 * math.pi * day / 30)
        busy = 1.8 if rng.random() < BUSY_SHARE else 1.0
        count = round(per_day * BY_WEEKDAY[midnight.weekday()] * rise * wave * busy * rng.uniform(0.85, 1.15))
        hours = rng.choices(range(24), BY_HOUR, k=count)
        times = sorted(midnight + timedelta(hours=hour, seconds=rng.randrange(3600)) for hour in hours)
        yield from (at for at in times if at < now)


def working(at: datetime) -> datetime:
    """Return the first moment from `at` on when somebody works: 8 to 18 o'clock, not on Sundays."""
    if at.hour >= 18:  # noqa: PLR2004 (closing time)
        at = (at + timedelta(days=1)).replace(hour=8, minute=at.minute)
    elif at.hour < 8:  # noqa: PLR2004 (opening time)
        at = at.replace(hour=8)
    return at + timedelta(days=1) if at.weekday() == 6 else at  # noqa: PLR2004 (Sunday)
