"""The relay's bookkeeping: what ended is added up by the minute, what was missed is caught up with.

A minute is computed from its attempts as a whole and written over, so doing it again is harmless. The last minutes are done
again and again, because an attempt that ended at 10:04:59 may be committed at 10:05:02. How far it got stands in
`queue_samples`: a minute has samples once everything before it is folded.
"""

import json
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
AT_ONCE = HOUR  # after an outage: an hour in each transaction
# At the very first start; later the last sample says where to go on.
REACHES_BACK = timedelta(days=2)


def minute_of(at: datetime) -> datetime:
    """Return the minute an instant is in."""
    return at.replace(second=0, microsecond=0)


def hour_of(at: datetime) -> datetime:
    """Return the hour an instant is in."""
    return at.replace(minute=0, second=0, microsecond=0)


def fold_minutes(since: datetime, until: datetime) -> None:
    """Add up whole minutes; the hours they complete are added up as well.

    Args:
        since: Beginning of a minute.
        until: Beginning of the minute after the last one.
    """
    targets = json.dumps({queue: settings_of(queue).target_wait_s for queue in QUEUES})
    values = {"installation": installation_id(), "targets": targets}
    while since < until:
        end = min(hour_of(since) + AT_ONCE, until)
        with system_work(), transaction():
            db.session.execute(sa.text(FOLD_MINUTES), {"since": since, "until": end, **values})
            if hour_of(since) < hour_of(clock.now()):
                hour = {"since": hour_of(since), "until": hour_of(since) + HOUR}
                db.session.execute(sa.text(FOLD_HOURS), hour)
        since = end


def fold_recent(reached: datetime | None) -> None:
    """Fold everything since a minute that is known to be folded, and what may have come late.

    Args:
        reached: The newest minute with samples; None when there are none.
    """
    now = minute_of(clock.now())
    if reached is None:
        since = now - REACHES_BACK
    elif reached == now:
        since = now - MINUTE
    else:
        since = min(reached, now) - AGAIN
    fold_minutes(since, now + MINUTE)


def newest_minute() -> datetime | None:
    """Return the minute that was sampled last."""
    with installation(), transaction():
        return db.session.scalar(sa.select(sa.func.max(QueueSample.minute)))
