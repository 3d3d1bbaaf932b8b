"""Questions about schedules, inside the installation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core import clock
from app.core.db import db
from app.core.jobs import Job, JobState
from app.core.tenancy import platform_reads
from app.queues.schedules import runs, times
from app.queues.schedules.models import Outcome, Schedule, ScheduleRun, ScheduleScope
from app.queues.schedules.offers import is_known
from app.queues.schedules.problems import ScheduleNotFound
from app.queues.schedules.watch import read_liveness

OVERDUE_AFTER = timedelta(seconds=90)
# Who looks says so every five seconds. A time that is past is on time only while somebody does.
UNSEEN_AFTER = timedelta(seconds=30)
MOST = 500


@dataclass(frozen=True)
class Line:
    """A schedule as the list shows it.

    Attributes:
        is_known: This process has the code of its job.
        job: The job of its last firing, when it is still kept.
        failed: In how many companies a job of that firing failed.
        missed: How often it was missed in the last 24 h.
        seen_at: When somebody last looked at the clock.
    """

    row: Schedule
    is_known: bool
    job: Job | None
    failed: int
    missed: int
    at: datetime
    seen_at: datetime | None = None

    @property
    def words(self) -> str:
        """When it runs, as people say it: `Every day at 02:00, Europe/London`."""
        return f"{times.in_words(self.row.cron)}, {self.row.timezone}"

    @property
    def is_overdue(self) -> bool:
        """Whether it should have run and did not."""
        return self.is_known and not self.row.is_paused and self.row.next_at < self.at - OVERDUE_AFTER

    @property
    def is_unseen(self) -> bool:
        """Whether its time is past and nobody looks at the clock, so that it cannot be said to be on time."""
        return self.row.next_at < self.at and (self.seen_at is None or self.at - self.seen_at > UNSEEN_AFTER)

    @property
    def is_each_company(self) -> bool:
        """Whether one firing is for every company."""
        return self.row.scope == ScheduleScope.EACH_COMPANY

    @property
    def ran_s(self) -> float | None:
        """How long its last job took, or has taken; None before it began."""
        if self.job is None or self.job.started_at is None:
            return None
        return ((self.job.finished_at or self.at) - self.job.started_at).total_seconds()

    @property
    def state(self) -> str:
        """How it is: unknown, paused, overdue, failed, missed, unseen or on."""
        if not self.is_known:
            return "unknown"
        if self.row.is_paused:
            return "paused"
        if self.is_overdue:
            return "overdue"
        if self.failed or (self.job is not None and self.job.state == JobState.FAILED):
            return "failed"
        if self.missed:
            return "missed"
        return "unseen" if self.is_unseen else "on"


def list_schedules() -> list[Line]:
    """Return all schedules: those that run, by when they are next; then what is paused, then what is not known here."""
    rows = db.session.scalars(sa.select(Schedule).order_by(Schedule.next_at, Schedule.id).limit(MOST)).all()
    lines = lines_of(rows)
    return sorted(
        lines, key=lambda line: ({"unknown": 2, "paused": 1}.get(line.state, 0), line.row.next_at, line.row.id)
    )


def lines_of(rows: Sequence[Schedule]) -> list[Line]:
    """Return schedules with what became of them lately, in as many questions for many as for one."""
    now, last = clock.now(), [row.last_job_id for row in rows if row.last_job_id]
    seen_at = read_liveness().last_tick_at
    jobs, failed, missed = runs.jobs_of(last), count_failed(last), runs.missed_lately(now)
    return [
        Line(
            row, is_known(row.job), jobs.get(row.last_job_id or ""), failed.get(row.last_job_id or "", 0),
            missed.get(row.id, 0), now, seen_at,
        )
        for row in rows
    ]  # fmt: skip


def count_failed(roots: Sequence[str]) -> dict[str, int]:
    """Return job → in how many companies a job it queued there failed, though several did in one."""
    if not roots:
        return {}
    children = (
        sa.select(Job.root_id, Job.company_id)
        .where(Job.root_id.in_(roots), Job.root_id != Job.id, Job.state == JobState.FAILED)
        .distinct()
        .limit(1000)
        .subquery()
    )
    counted = sa.select(children.c.root_id, sa.func.count()).group_by(children.c.root_id)
    with platform_reads():
        return {row[0]: row[1] for row in db.session.execute(counted)}


def find_schedule(schedule_id: str) -> Schedule:
    """Return one schedule.

    Raises:
        ScheduleNotFound: There is none.
    """
    row = db.session.scalars(sa.select(Schedule).where(Schedule.id == schedule_id)).one_or_none()
    if row is None:
        raise ScheduleNotFound
    return row


def find_line(schedule_id: str) -> Line:
    """Return one schedule with what became of it. Raises as `find_schedule`."""
    return lines_of([find_schedule(schedule_id)])[0]


def last_skip(schedule_id: str) -> ScheduleRun | None:
    """Return the newest time that was skipped, when it is still to come."""
    newest = sa.select(ScheduleRun).where(ScheduleRun.schedule_id == schedule_id).order_by(ScheduleRun.id.desc())
    run = db.session.scalars(newest.limit(1)).first()
    return run if run is not None and run.outcome == Outcome.SKIPPED.value and run.due_at > clock.now() else None
