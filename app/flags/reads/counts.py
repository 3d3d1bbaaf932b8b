"""How often flags were asked, and what they answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.core import clock
from app.core.db import db
from app.flags.environments import check_environment
from app.flags.models import FlagCount

MINUTES_KEPT = 26 * 60


@dataclass(frozen=True, slots=True)
class CountPoint:
    """Answers of one kind in one minute, or, beyond 26 hours, in one hour.

    Attributes:
        variant: "" for an error without a value.
    """

    at: datetime
    variant: str
    reason: str
    answers: int


def counts(key: str, environment: str | None = None, minutes: int = 60) -> list[CountPoint]:
    """Return what a flag answered in the last minutes, oldest first; at most five seconds are not in it yet."""
    return counts_by_flag([key], environment, minutes).get(key, [])


def counts_by_flag(
    keys: Sequence[str], environment: str | None = None, minutes: int = 60
) -> dict[str, list[CountPoint]]:
    """Return flag → what it answered in the last minutes, oldest first; flags that nobody asked are not in it."""
    since = clock.now().replace(second=0, microsecond=0) - timedelta(minutes=minutes)
    grain: Any = sa.literal("minute")
    if minutes > MINUTES_KEPT:
        grain = sa.func.date_trunc("hour", FlagCount.at)
    at = FlagCount.at if minutes <= MINUTES_KEPT else grain
    place = (FlagCount.flag_key, at.label("at"), FlagCount.variant, FlagCount.reason)
    statement = (
        sa.select(*place, sa.func.sum(FlagCount.answers).label("answers"))
        .where(FlagCount.environment == check_environment(environment), FlagCount.at > since)
        .where(FlagCount.flag_key.in_(keys))
        .group_by(FlagCount.flag_key, at, FlagCount.variant, FlagCount.reason)
        .order_by(sa.text("at"))
    )
    if minutes <= MINUTES_KEPT:
        statement = statement.where(FlagCount.grain == "minute")
    found: dict[str, list[CountPoint]] = {}
    for row in db.session.execute(statement):
        found.setdefault(row.flag_key, []).append(CountPoint(row.at, row.variant, row.reason, int(row.answers)))
    return found
