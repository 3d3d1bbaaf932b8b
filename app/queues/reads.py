"""Questions about jobs. Each says whose permissions decide; without a word, what everybody may see who sees jobs."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from app.core.db import db
from app.core.errors import NotFound
from app.core.jobs import EVERYBODY, Job, JobState, is_seen, permission_of
from app.core.jobs.rules import RULES
from app.queues import search
from app.queues.bulk_items import bulk_items
from app.queues.filter import JobFilter, Waits
from app.queues.waits import waits_for

LIVE_STATES = (JobState.QUEUED, JobState.RUNNING)
COUNT_BOUND = 100


def list_jobs(
    *, state: JobState | None = None, limit: int = 50, allowed: Collection[str] = EVERYBODY
) -> search.JobPage:
    """Return the newest jobs, of one state only when asked."""
    return search.find_jobs(JobFilter(state=state, limit=limit), allowed)


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


def count_held(allowed: Collection[str] = EVERYBODY) -> int:
    """Return how many of the jobs that wait are held by somebody or something, counted to 100 at most."""
    held = sa.select(Job.id).where(Job.state == JobState.QUEUED, waits_for(Waits.HELD), is_seen(allowed))
    return db.session.scalar(sa.select(sa.func.count()).select_from(held.limit(COUNT_BOUND).subquery())) or 0


def names_seen(allowed: Collection[str]) -> list[str]:
    """Return the kinds of jobs that somebody may see."""
    return sorted(name for name in RULES if permission_of(name) in allowed)


def ids_reached(bulk_id: str, most: int = COUNT_BOUND) -> Sequence[str]:
    """Return some of the jobs that a bulk act reached, newest first."""
    statement = sa.select(bulk_items.c.job_id).where(bulk_items.c.bulk_id == bulk_id)
    return db.session.scalars(statement.order_by(bulk_items.c.job_id.desc()).limit(most)).all()
