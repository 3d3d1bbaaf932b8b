"""The relay's bookkeeping: what ended is added up by the minute.

A minute is computed from its attempts as a whole and written over, so doing it again is harmless. The last minutes are done
again and again, because an attempt that ended at 10:04:59 may be committed at 10:05:02. How far it got stands in
`queue_samples`: a minute has samples once everything before it is folded, or named as a gap (gaps.py).
"""

import json
import time
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core import clock
from app.core.broker import QUEUES
from app.core.db import db, transaction
from app.core.installation import installation, installation_id
from app.core.jobs.limits import settings_of
from app.core.tenancy import system_work
from app.queues.figures.fold_sql import FOLD_HOURS, FOLD_MINUTES
from app.queues.figures.models import QueueSample

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
AGAIN = timedelta(minutes=5)
QUICK_S, SLOW_S = 0.1, 0.4


def minute_of(at: datetime) -> datetime:
    """Return the minute an instant is in."""
    return at.replace(second=0, microsecond=0)


def hour_of(at: datetime) -> datetime:
    """Return the hour an instant is in."""
    return at.replace(minute=0, second=0, microsecond=0)


class Pace:
    """How many minutes are folded in one transaction: fewer where they are full, so that none takes long."""

    def __init__(self) -> None:
        self.step = AGAIN

    def note(self, took_s: float) -> None:
        """Learn from how long a step took."""
        if took_s > SLOW_S:
            self.step = max(self.step // MINUTE // 4, 1) * MINUTE
        elif took_s < QUICK_S:
            self.step = min(self.step * 2, HOUR)


_pace = Pace()


def fold_minutes(since: datetime, until: datetime) -> None:
    """Add up whole minutes, a few in each transaction; the hours they complete are added up as well.

    Args:
        since: Beginning of a minute.
        until: Beginning of the minute after the last one.
    """
    while since < until:
        end_of_hour = hour_of(since) + HOUR
        end = min(since + _pace.step, end_of_hour, until)
        began = time.monotonic()
        _fold_step(since, end)
        _pace.note(time.monotonic() - began)
        if end in (end_of_hour, until) and hour_of(since) < hour_of(clock.now()):
            with system_work(), transaction():
                hour = {"since": hour_of(since), "until": end_of_hour}
                db.session.execute(sa.text(FOLD_HOURS), hour)
        since = end


def _fold_step(since: datetime, until: datetime) -> None:
    targets = json.dumps({queue: settings_of(queue).target_wait_s for queue in QUEUES})
    values = {"since": since, "until": until, "installation": installation_id(), "targets": targets}
    with system_work(), transaction():
        db.session.execute(sa.text(FOLD_MINUTES), values)


def newest_minute() -> datetime | None:
    """Return the minute that was sampled last."""
    with installation(), transaction():
        return db.session.scalar(sa.select(sa.func.max(QueueSample.minute)))
