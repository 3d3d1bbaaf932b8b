"""The mark beside Slow queries in the rail: how many statements ran out of time in the last hour.

Counted by the relay once a minute, and pushed to every process when it changes: a page asks nobody.
"""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from flask import current_app

from app.core import clock
from app.core.db import db, transaction
from app.core.pushed import bump
from app.core.shell import Mark
from app.queries.models import Statement, StatementMinute

KEEPER = "query-marks"
EXTENSION = "quarterdeck-query-marks"
HOUR = timedelta(hours=1)


@dataclass
class Held:
    """What this process answers from."""

    timing_out: int = 0


def rail_mark() -> Mark | None:
    """Return how many statements ran out of time; None when none did."""
    count = held().timing_out
    return Mark("bad", str(count), "running out of time") if count else None


def refresh(_revision: int) -> None:
    """Count again, inside the installation."""
    held().timing_out = count_timing_out()


def keep_mark() -> None:
    """Have every process count again when the count is another one: the relay's part."""
    if count_timing_out() != held().timing_out:
        with transaction():
            bump(KEEPER)


def count_timing_out() -> int:
    """Return how many statements ran out of time in the last hour, those that are known left out."""
    known = sa.select(Statement.fingerprint).where(Statement.known_at.is_not(None))
    rows = StatementMinute.at >= clock.now() - HOUR, StatementMinute.timeouts > 0
    stopped = sa.select(StatementMinute.fingerprint).where(*rows).distinct().subquery()
    statement = sa.select(sa.func.count()).select_from(stopped).where(stopped.c.fingerprint.not_in(known))
    return db.session.scalar(statement) or 0


def held() -> Held:
    """Return what this process holds."""
    found: Held = current_app.extensions.setdefault(EXTENSION, Held())
    return found
