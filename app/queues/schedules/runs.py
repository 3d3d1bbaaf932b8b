"""What became of each time a schedule was due: pages of it, and forgetting the old."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core import clock
from app.core.cursor import decode_cursor, encode_cursor
from app.core.db import db, transaction
from app.core.installation import installation
from app.core.jobs import Job
from app.queues.schedules.models import Outcome, ScheduleRun

KEPT = timedelta(days=90)
MISSED_SHOWN = timedelta(hours=24)
DELETED_AT_ONCE = 5000


@dataclass(frozen=True)
class RunPage:
    """One page of runs, newest first, with the jobs that are still kept."""

    items: Sequence[ScheduleRun]
    jobs: dict[str, Job]
    next_cursor: str | None


def list_runs(schedule_id: str, *, limit: int = 50, after: str | None = None) -> RunPage:
    """Return what became of a schedule's times, newest first.

    Args:
        schedule_id: The schedule.
        limit: Rows of a page.
        after: Cursor of the row before the page.
    """
    statement = sa.select(ScheduleRun).where(ScheduleRun.schedule_id == schedule_id)
    if after:
        statement = statement.where(ScheduleRun.id < decode_cursor(after, ScheduleRun.id)[0])
    found = db.session.scalars(statement.order_by(ScheduleRun.id.desc()).limit(limit + 1)).all()
    shown = found[:limit]
    cursor = encode_cursor(shown[-1].id) if len(found) > limit else None
    return RunPage(shown, jobs_of([run.job_id for run in shown if run.job_id]), cursor)


def jobs_of(ids: Sequence[str]) -> dict[str, Job]:
    """Return id → job of the installation's jobs among these."""
    if not ids:
        return {}
    return {job.id: job for job in db.session.scalars(sa.select(Job).where(Job.id.in_(ids)))}


def missed_lately(now: datetime) -> dict[str, int]:
    """Return schedule → how many times it was missed in the last 24 h."""
    # A page looks at few rows: a schedule that is missed for long has them in one row together.
    newest = (
        sa.select(ScheduleRun.schedule_id, ScheduleRun.times, ScheduleRun.at)
        .where(ScheduleRun.outcome == Outcome.MISSED.value)
        .order_by(ScheduleRun.id.desc())
        .limit(1000)
    )
    missed: dict[str, int] = {}
    for row in db.session.execute(newest):
        if row.at >= now - MISSED_SHOWN:
            missed[row.schedule_id] = missed.get(row.schedule_id, 0) + row.times
    return missed


def forget_old() -> int:
    """Drop runs of more than 90 days ago; return how many."""
    old = sa.select(ScheduleRun.id).where(ScheduleRun.at < clock.now() - KEPT).limit(DELETED_AT_ONCE)
    dropped = 0
    while True:
        with installation(), transaction():
            gone = sa.delete(ScheduleRun).where(ScheduleRun.id.in_(old)).returning(ScheduleRun.id)
            found = len(db.session.execute(gone.execution_options(synchronize_session=False)).all())
        dropped += found
        if found < DELETED_AT_ONCE:
            return dropped
