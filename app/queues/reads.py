"""Questions about jobs. Each says whose permissions decide; without a word, what everybody may see who sees jobs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.core.cursor import decode_cursor, encode_cursor
from app.core.db import db
from app.core.errors import NotFound
from app.core.jobs import EVERYBODY, Job, JobState, is_seen

LIVE_STATES = (JobState.QUEUED, JobState.RUNNING)
COUNT_BOUND = 100


@dataclass(frozen=True)
class JobPage:
    """One page of jobs, newest first."""

    items: Sequence[Job]
    next_cursor: str | None


def list_jobs(
    *, state: JobState | None = None, limit: int = 50, after: str | None = None, allowed: Collection[str] = EVERYBODY
) -> JobPage:
    """Return jobs, newest first.

    Args:
        state: Only those in this state.
        limit: Rows of a page.
        after: Cursor of the row before the page.
        allowed: The reader's permissions.
    """
    statement = sa.select(Job).where(is_seen(allowed)).order_by(Job.id.desc()).limit(limit + 1)
    if state is not None:
        statement = statement.where(Job.state == state)
    if after:
        statement = statement.where(Job.id < decode_cursor(after, parts=1)[0])
    found = db.session.scalars(statement).all()
    is_more = len(found) > limit
    return JobPage(found[:limit], encode_cursor(found[limit - 1].id) if is_more else None)


def longest_running() -> Job | None:
    """Return the job that runs longest by now; over all companies when no company was chosen."""
    running = (
        sa.select(Job)
        .where(Job.state == JobState.RUNNING, is_seen(EVERYBODY))
        .order_by(Job.started_at, Job.id)
        .limit(1)
    )
    return db.session.scalars(running).first()


def find_job(job_id: str, allowed: Collection[str] = EVERYBODY) -> Job:
    """Return one job.

    Raises:
        NotFound: There is none in this company, or it is not theirs to see.
    """
    job = db.session.scalars(sa.select(Job).where(Job.id == job_id, is_seen(allowed))).one_or_none()
    if job is None:
        raise NotFound
    return job


def jobs_by_id(job_ids: Sequence[str], allowed: Collection[str] = EVERYBODY) -> Sequence[Job]:
    """Return the jobs with these ids, for the live layer."""
    return db.session.scalars(sa.select(Job).where(Job.id.in_(job_ids), is_seen(allowed))).all()


def count_live(allowed: Collection[str] = EVERYBODY) -> int:
    """Return how many jobs wait or run, counted to 100 at most."""
    live = sa.select(Job.id).where(Job.state.in_(LIVE_STATES), is_seen(allowed)).limit(COUNT_BOUND).subquery()
    return db.session.scalar(sa.select(sa.func.count()).select_from(live)) or 0
