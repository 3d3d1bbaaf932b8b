"""Questions about jobs."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.core.cursor import decode_cursor, encode_cursor
from app.core.db import db
from app.core.errors import NotFound
from app.core.jobs import Job, JobState

LIVE_STATES = (JobState.QUEUED, JobState.RUNNING)
COUNT_BOUND = 100


@dataclass(frozen=True)
class JobPage:
    """One page of jobs, newest first."""

    items: Sequence[Job]
    next_cursor: str | None


def list_jobs(*, state: JobState | None = None, limit: int = 50, after: str | None = None) -> JobPage:
    """Return jobs, newest first.

    Args:
        state: Only those in this state.
        limit: Rows of a page.
        after: Cursor of the row before the page.
    """
    statement = sa.select(Job).order_by(Job.id.desc()).limit(limit + 1)
    if state is not None:
        statement = statement.where(Job.state == state)
    if after:
        statement = statement.where(Job.id < decode_cursor(after, parts=1)[0])
    found = db.session.scalars(statement).all()
    is_more = len(found) > limit
    return JobPage(found[:limit], encode_cursor(found[limit - 1].id) if is_more else None)


def longest_running() -> Job | None:
    """Return the job that runs longest by now; over all companies when no company was chosen."""
    running = sa.select(Job).where(Job.state == JobState.RUNNING).order_by(Job.started_at, Job.id).limit(1)
    return db.session.scalars(running).first()


def find_job(job_id: str) -> Job:
    """Return one job.

    Raises:
        NotFound: There is none in this company.
    """
    job = db.session.scalars(sa.select(Job).where(Job.id == job_id)).one_or_none()
    if job is None:
        raise NotFound
    return job


def jobs_by_id(job_ids: Sequence[str]) -> Sequence[Job]:
    """Return the jobs with these ids, for the live layer."""
    return db.session.scalars(sa.select(Job).where(Job.id.in_(job_ids))).all()


def count_live() -> int:
    """Return how many jobs wait or run, counted to 100 at most."""
    live = sa.select(Job.id).where(Job.state.in_(LIVE_STATES)).limit(COUNT_BOUND).subquery()
    return db.session.scalar(sa.select(sa.func.count()).select_from(live)) or 0
