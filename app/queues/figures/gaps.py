"""Catching up: the newest minutes are folded first, and what the relay missed is named and closed bit by bit.

A gap is a row, so it outlives the process that found it. It is closed from its oldest end, an hour at a time, so that
what is behind it can go into the totals at once.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.db import db, transaction
from app.core.installation import installation, installation_id
from app.queues.figures.fold import AGAIN, HOUR, MINUTE, fold_minutes, hour_of, minute_of, newest_minute
from app.queues.figures.models import FigureGap

# At the very first start; later the last sample says where to go on.
REACHES_BACK = timedelta(days=2)
LONGEST = timedelta(days=90)  # hours are not kept longer
BUDGET_S = 2.0


def fold_recent(reached: datetime | None) -> None:
    """Fold the last minutes, and what may have come late; what is missing before them becomes a gap.

    Args:
        reached: The newest minute with samples; None when there are none.
    """
    now = minute_of(clock.now())
    if reached == now:
        fold_minutes(now - MINUTE, now + MINUTE)
        return
    since = now - AGAIN
    missing = now - REACHES_BACK if reached is None else max(min(reached, now) - AGAIN, now - LONGEST)
    if missing < since - AGAIN:
        _note(missing, since)
    else:
        since = min(missing, since)
    fold_minutes(since, now + MINUTE)


def catch_up(budget_s: float = BUDGET_S) -> bool:
    """Close gaps for a while, oldest hours first; return whether none is left.

    Args:
        budget_s: No further hour is begun after so long.
    """
    began = time.monotonic()
    while True:
        with installation(), transaction():
            gap = next(iter(open_gaps()), None)
        if gap is None:
            return True
        if time.monotonic() - began > budget_s:
            return False
        until = min(gap.until, hour_of(gap.since) + HOUR)
        fold_minutes(gap.since, until)
        _shorten(gap, until)


def open_gaps() -> Sequence[FigureGap]:
    """Return what is still to be folded, oldest first. Inside the installation."""
    found = sa.select(FigureGap).order_by(FigureGap.since).execution_options(populate_existing=True)
    return db.session.scalars(found).all()


def folded_until() -> datetime | None:
    """Return up to where everything is folded; None before the first look."""
    with installation(), transaction():
        first = db.session.scalar(sa.select(sa.func.min(FigureGap.since)))
    return first if first is not None else newest_minute()


def _note(since: datetime, until: datetime) -> None:
    with installation(), transaction():
        _write(since, until)


def _write(since: datetime, until: datetime) -> None:
    """Write a gap; one that begins in the same minute becomes one with it."""
    statement = insert(FigureGap).values(company_id=installation_id(), since=since, until=until)
    later = {"until": sa.func.greatest(FigureGap.until, statement.excluded.until)}
    db.session.execute(statement.on_conflict_do_update(index_elements=["company_id", "since"], set_=later))


def _shorten(gap: FigureGap, since: datetime) -> None:
    """Write that a gap begins later now, or is closed."""
    same = (FigureGap.since == gap.since, FigureGap.company_id == gap.company_id)
    with installation(), transaction():
        db.session.execute(sa.delete(FigureGap).where(*same).execution_options(synchronize_session=False))
        if since < gap.until:
            _write(since, gap.until)
