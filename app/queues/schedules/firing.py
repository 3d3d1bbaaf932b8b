"""Firing what is due: one transaction queues the job and moves the schedule on, so it happens exactly once.

Any number of processes may do so. A schedule that one of them holds is passed over by the others; when they
come to it again, its next time has moved.
"""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from flask import current_app

from app.core import clock, tasks
from app.core.context import SYSTEM_ACTOR, acting_as
from app.core.db import db, transaction
from app.core.installation import installation
from app.core.outbox import record, savepoint
from app.core.tasks import JOBS
from app.queues.news import tell_admins
from app.queues.schedules import times
from app.queues.schedules.events import ScheduleMissed, ScheduleResumed
from app.queues.schedules.models import Outcome, Schedule, ScheduleRun, ScheduleScope
from config import Settings

log = structlog.get_logger(__name__)
FAN_OUT = "schedules.fan_out"
AT_ONCE = 50
# Later than this is late: only a grace lets it run.
ON_TIME = timedelta(seconds=30)
# A job that this release does not know may be another's, who fires it; after so long it is nobody's.
SOMEBODY_ELSES = timedelta(minutes=5)
NOBODY_LOOKED = "Nobody looked at the clock when it was due."


def fire_due() -> int:
    """Fire every schedule that is due; return how many jobs were queued."""
    settings: Settings = current_app.config["SETTINGS"]
    if not settings.enable_job_queues:
        return 0
    fired, seen = 0, set[str]()
    with installation():
        while settled := _settle_some(seen):
            seen.update(settled)
            fired += sum(settled.values())
    return fired


def _settle_some(seen: set[str]) -> dict[str, bool]:
    """Take some schedules that are due and settle them in one transaction; return which of them queued a job.

    Many are due in the same minute, at midnight above all: one after the other, the last would wait for as many commits.
    """
    now = clock.now()
    due = (
        sa.select(Schedule)
        .where(
            Schedule.next_at <= now,
            sa.not_(Schedule.is_paused),
            Schedule.id.not_in(list(seen)),
            sa.or_(Schedule.job.in_(list(JOBS)), Schedule.next_at <= now - SOMEBODY_ELSES),
        )
        .order_by(Schedule.next_at, Schedule.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    with acting_as(SYSTEM_ACTOR), transaction():
        rows = db.session.scalars(due.execution_options(populate_existing=True)).all()
        return {row.id: settle(row, now) for row in rows}


def settle(row: Schedule, now: datetime) -> bool:
    """Fire a locked schedule for the newest time it was due, note those it missed, and move it on.

    Args:
        row: A schedule whose next time has come.
        now: This instant.

    Returns:
        Whether a job was queued.
    """
    first = row.next_at
    newest = times.last_before(row.cron, row.timezone, first, now)
    passed = times.count_between(row.cron, row.timezone, first, newest)
    row.next_at = times.next_time(row.cron, row.timezone, newest)
    row.version += 1
    if row.job not in JOBS:
        return False
    is_late = now - newest > max(ON_TIME, timedelta(seconds=row.grace_s))
    missed = passed + 1 if is_late else passed
    if missed:
        _miss(row, first, missed, NOBODY_LOOKED)
    return False if is_late else _try_fire(row, newest)


def _try_fire(row: Schedule, due: datetime) -> bool:
    """Queue the job; one that cannot be queued is missed, and the schedule goes on."""
    try:
        with savepoint():
            job_id = start_job(row, due)
    except Exception as error:  # a schedule that cannot fire must not stop the others, nor be tried every second
        log.exception("schedule not fired", schedule=row.id, job=row.job)
        _miss(row, due, 1, f"Its job could not be queued: {type(error).__name__}.")
        return False
    note_run(row, due, Outcome.FIRED, job_id=job_id)
    return True


def start_job(row: Schedule, due: datetime, *, key: str | None = None) -> str:
    """Queue what a schedule runs, inside a transaction of the installation; return the job's id."""
    row.last_at = clock.now()
    name, args, title = row.job, dict(row.args), row.title
    if row.scope == ScheduleScope.EACH_COMPANY:
        args = {"schedule": row.id, "due_at": clock.rfc3339(due), "name": name, "values": args, "words": title}
        name, title = FAN_OUT, f"{title}, for each company"
    row.last_job_id = tasks.enqueue(name, args, title=title, **options_of(row.id, due, key))
    return row.last_job_id


def options_of(schedule_id: str, due: datetime, key: str | None = None) -> dict[str, Any]:
    """Return what ties a job to its schedule: nobody queues the same minute twice in one company."""
    return {"schedule_id": schedule_id, "key": key or f"{schedule_id}:{due:%Y-%m-%dT%H:%M}Z"}


def note_run(row: Schedule, due: datetime, outcome: Outcome, **more: Any) -> ScheduleRun:  # Any: column values
    """Keep what became of one time, in the current transaction."""
    run = ScheduleRun(company_id=row.company_id, schedule_id=row.id, due_at=due, outcome=outcome.value, **more)
    db.session.add(run)
    return run


def _miss(row: Schedule, due: datetime, missed: int, reason: str) -> None:
    note_run(row, due, Outcome.MISSED, times=missed, note=reason)
    record(ScheduleMissed(id=row.id, title=row.title, due_at=due, times=missed, reason=reason), version=row.version)
    text = f"{row.title} did not run, due {due:%d %b %H:%M} UTC."
    tell_admins("schedule-missed", text, link=f"/schedules/{row.id}", key=f"missed:{row.id}")


def end_pauses() -> int:
    """Resume what was paused for a time that is over; return how many."""
    now = clock.now()
    over = sa.select(Schedule).where(Schedule.is_paused, Schedule.paused_until <= now)
    with installation(), acting_as(SYSTEM_ACTOR), transaction():
        rows = db.session.scalars(over.with_for_update(skip_locked=True)).all()
        for row in rows:
            resume(row, now)
        return len(rows)


def resume(row: Schedule, now: datetime) -> None:
    """Let a locked schedule run again from now on; what passed while it was paused is not made good."""
    row.is_paused, row.paused_reason, row.paused_by, row.paused_until = False, "", {}, None
    row.next_at = times.next_time(row.cron, row.timezone, now)
    row.version += 1
    record(ScheduleResumed(id=row.id, title=row.title, next_at=row.next_at), version=row.version)
