"""Catching up: the newest minutes are folded first, and what the relay missed is named and closed bit by bit.

A gap is a row, so it outlives the process that found it. It is closed from its newest end, an hour at a time.
"""

import time
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.db import db, transaction
from app.core.installation import installation, installation_id
from app.queues.figures.fold import AGAIN, MINUTE, fold_minutes, hour_of, minute_of, newest_minute
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
    """Close gaps for a while, newest hours first; return whether none is left.

    Args:
        budget_s: No further hour is begun after so long.
    """
    began = time.monotonic()
    while (gap := _newest()) is not None:
        if time.monotonic() - began > budget_s:
            return False
        since = max(gap.since, hour_of(gap.until - MINUTE))
        fold_minutes(since, gap.until)
        _shrink(gap, since)
    return True


def folded_until() -> datetime | None:
    """Return up to where everything is folded; None before the first look."""
    with installation(), transaction():
        first = db.session.scalar(sa.select(sa.func.min(FigureGap.since)))
    return first if first is not None else newest_minute()


def _note(since: datetime, until: datetime) -> None:
    statement = insert(FigureGap).values(company_id=installation_id(), since=since, until=until)
    later = {"until": sa.func.greatest(FigureGap.until, statement.excluded.until)}
    with installation(), transaction():
        db.session.execute(statement.on_conflict_do_update(index_elements=["company_id", "since"], set_=later))


def _newest() -> FigureGap | None:
    with installation(), transaction():
        return db.session.scalars(
            sa.select(FigureGap).order_by(FigureGap.until.desc()).limit(1).execution_options(populate_existing=True)
        ).first()


def _shrink(gap: FigureGap, until: datetime) -> None:
    """Write that a gap ends earlier now, or is closed."""
    same = (FigureGap.since == gap.since, FigureGap.company_id == gap.company_id)
    with installation(), transaction():
        if until <= gap.since:
            db.session.execute(sa.delete(FigureGap).where(*same).execution_options(synchronize_session=False))
        else:
            shorter = sa.update(FigureGap).where(*same).values(until=until)
            db.session.execute(shorter.execution_options(synchronize_session=False))
