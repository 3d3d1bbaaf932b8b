"""Calls by the minute, as they were kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.breakers.models import BreakerMinute
from app.core import clock
from app.core.db import db

MINUTE = timedelta(minutes=1)
PACE_MINUTES = 5


@dataclass(frozen=True)
class Traffic:
    """What went through one breaker lately.

    Attributes:
        per_minute: Calls of the last five full minutes, by the minute.
        rejected: Calls that were not made in the last hour.
    """

    per_minute: float = 0.0
    rejected: int = 0


@dataclass(frozen=True)
class Point:
    """One minute of one breaker."""

    at: datetime
    calls: int = 0
    failures: int = 0
    slow: int = 0
    rejected: int = 0

    @property
    def failure_rate(self) -> float | None:
        """Percent; None when nobody called."""
        return 100.0 * self.failures / self.calls if self.calls else None


def traffic(now: datetime) -> dict[str, Traffic]:
    """Return what went through every breaker lately; one nobody called for an hour is not among them."""
    minute = now.replace(second=0, microsecond=0)
    recent = sa.and_(BreakerMinute.at >= minute - PACE_MINUTES * MINUTE, BreakerMinute.at < minute)
    found = db.session.execute(
        sa.select(
            BreakerMinute.name,
            sa.func.coalesce(sa.func.sum(BreakerMinute.calls).filter(recent), 0),
            sa.func.sum(BreakerMinute.rejected),
        )
        .where(BreakerMinute.at >= minute - 60 * MINUTE)
        .group_by(BreakerMinute.name)
    )
    return {name: Traffic(float(calls) / PACE_MINUTES, int(rejected)) for name, calls, rejected in found}


def list_minutes(name: str, minutes: int = 60) -> list[Point]:
    """Return the last minutes of a breaker, oldest first, quiet ones included; the last one is still running."""
    last = clock.now().replace(second=0, microsecond=0)
    start = last - (minutes - 1) * MINUTE
    figures = [
        sa.func.sum(column)
        for column in (BreakerMinute.calls, BreakerMinute.failures, BreakerMinute.slow, BreakerMinute.rejected)
    ]
    rows = db.session.execute(
        sa.select(BreakerMinute.at, *figures)
        .where(BreakerMinute.name == name, BreakerMinute.at >= start)
        .group_by(BreakerMinute.at)
    )
    known = {at: Point(at, *map(int, counts)) for at, *counts in rows}
    return [known.get(start + i * MINUTE, Point(start + i * MINUTE)) for i in range(minutes)]
