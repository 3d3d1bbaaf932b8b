"""The ledger of jobs: one row a job, and one outbox row until it has ended.

A job's row is the truth; the broker only carries its id. The outbox row stays until the job ends and says
when to send it (again): at once, after a back-off, or when the lease of a lost worker has run out. So a
flushed broker or a killed worker loses nothing but time. Delivery is at least once; the claim is exact.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.core import clock
from app.core.db import db
from app.core.jobs.facts import FACT_OF, permission_of
from app.core.jobs.model import Job, JobState, job_outbox
from app.core.outbox import record

LEASE_S = 45
BEAT_S = 10
MAX_ATTEMPTS = 4  # the first and three retries
BACKOFF_S = 5


@dataclass(frozen=True)
class Step:
    """What writing a job's progress found out."""

    is_cancelled: bool


def add(job: Job) -> None:
    """Write a new job and its outbox row into the current transaction."""
    session = db.session()
    job.root_id = job.root_id or job.id
    session.add(job)
    session.flush()
    session.execute(
        sa.insert(job_outbox).values(company_id=job.company_id, job_id=job.id, name=job.name, queue=job.queue)
    )
    _tell(job)


def claim(job_id: str) -> Job | None:
    """Take a job to run it; None when it is over, or another worker holds it.

    A running job may be taken over when its lease has run out: its worker is gone.
    """
    now = clock.now()
    is_free = sa.or_(Job.state == JobState.QUEUED, sa.and_(Job.state == JobState.RUNNING, Job.lease_until < now))
    taken = _change(
        job_id,
        is_free,
        state=JobState.RUNNING,
        attempts=Job.attempts + 1,
        started_at=now,
        lease_until=now + timedelta(seconds=LEASE_S),
        error="",
    )
    if taken is not None:
        _set_due(job_id, now + timedelta(seconds=LEASE_S + 1), phase="running")
    return taken


def extend_lease(job_id: str) -> None:
    """Say that the worker of a running job is alive. Tells nobody: nothing changed for people."""
    now = clock.now()
    until = now + timedelta(seconds=LEASE_S)
    db.session.execute(
        sa.update(Job).where(Job.id == job_id, Job.state == JobState.RUNNING).values(lease_until=until)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    _set_due(job_id, until + timedelta(seconds=1), phase="running")


def step(job_id: str, done: int, total: int | None, message: str) -> Step:
    """Write progress, and learn whether somebody wants the job stopped."""
    job = _change(job_id, Job.state == JobState.RUNNING, done=done, total=total, message=message)
    return Step(is_cancelled=job is None or job.cancel_requested)


def finish(job_id: str, state: JobState, **values: Any) -> Job | None:  # Any: column values
    """End a job; None when it had ended before."""
    live = Job.state.in_([JobState.QUEUED, JobState.RUNNING])
    job = _change(job_id, live, state=state, finished_at=clock.now(), lease_until=None, **values)
    db.session.execute(sa.delete(job_outbox).where(job_outbox.c.job_id == job_id))
    return job


def put_back(job: Job, error: str) -> None:
    """Let a failed attempt be tried again after a back-off with jitter."""
    delay_s = BACKOFF_S * 3 ** (job.attempts - 1) * random.uniform(0.75, 1.25)  # noqa: S311 (spreads load, guards nothing)
    _change(job.id, Job.state == JobState.RUNNING, state=JobState.QUEUED, lease_until=None, error=error)
    _set_due(job.id, clock.now() + timedelta(seconds=delay_s), phase="waiting")


def wait(job: Job, reason: str, wait_s: float) -> None:
    """Let a job that was not begun in earnest run later; it was no attempt. Jitter lets many come back one by one."""
    _change(
        job.id,
        Job.state == JobState.RUNNING,
        state=JobState.QUEUED,
        attempts=sa.func.greatest(Job.attempts - 1, 0),
        lease_until=None,
        error=reason,
    )
    delay_s = wait_s + random.uniform(0.1, 0.5) * max(wait_s, 2)  # noqa: S311 (spreads load, guards nothing)
    _set_due(job.id, clock.now() + timedelta(seconds=delay_s), phase="waiting")


def ask_to_stop(job_id: str) -> Job | None:
    """Cancel a waiting job at once; a running one at its next progress. None when it is over."""
    waiting = _change(job_id, Job.state == JobState.QUEUED, state=JobState.CANCELLED, finished_at=clock.now())
    if waiting is not None:
        db.session.execute(sa.delete(job_outbox).where(job_outbox.c.job_id == job_id))
        return waiting
    return _change(job_id, Job.state == JobState.RUNNING, cancel_requested=True)


def _change(job_id: str, only_if: sa.ColumnElement[bool], **values: Any) -> Job | None:  # Any: column values
    job = db.session.scalars(
        sa.update(Job)
        .where(Job.id == job_id, only_if)
        .values(version=Job.version + 1, **values)
        .returning(Job)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if job is not None:
        _tell(job)
    return job


def _set_due(job_id: str, due_at: datetime, *, phase: str) -> None:
    db.session.execute(
        sa.update(job_outbox).where(job_outbox.c.job_id == job_id).values(due_at=due_at, sends=0, phase=phase)
    )


def _tell(job: Job) -> None:
    fact = FACT_OF[permission_of(job.name)]
    told = fact(id=job.id, name=job.name, state=job.state, done=job.done, total=job.total, message=job.message)
    record(told, version=job.version)
