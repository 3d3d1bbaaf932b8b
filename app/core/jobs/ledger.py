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
from flask import current_app

from app.core import clock
from app.core.db import db
from app.core.jobs import attempts, dedupe, needs, swift
from app.core.jobs.facts import FACT_OF, JobStopAsked, permission_of, tell_act
from app.core.jobs.model import Job, JobState, job_outbox
from app.core.jobs.needs import Needs
from app.core.jobs.rules import rules_of
from app.core.outbox import record
from config import Settings

LEASE_S = 45  # the default of JOB_LEASE_S
ALIVE = (JobState.QUEUED, JobState.RUNNING)


@dataclass(frozen=True)
class Step:
    """What writing a job's progress found out."""

    is_cancelled: bool


def lease_s() -> float:
    """Return how long a running job belongs to a worker that says nothing."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings.job_lease_s


def add(job: Job, waits_for: Needs | None = None) -> None:
    """Write a new job and its outbox row into the current transaction."""
    waits_for = waits_for or Needs()
    job.root_id = job.root_id or job.id
    swift.add(job, max(job.due_at or job.created_at, job.created_at), "blocked" if waits_for.alive else "waiting")
    needs.write(job, waits_for)
    tell(job)


def extend_lease(job_id: str) -> None:
    """Say that the worker of a running job is alive. Tells nobody: nothing changed for people."""
    until = clock.now() + timedelta(seconds=lease_s())
    db.session.execute(
        sa.update(Job).where(Job.id == job_id, Job.state == JobState.RUNNING).values(lease_until=until)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    set_due(job_id, until + timedelta(seconds=1), phase="running", queued_at=until)


def step(job_id: str, done: int, total: int | None, message: str) -> Step:
    """Write progress, and learn whether somebody wants the job stopped."""
    job = change(job_id, Job.state == JobState.RUNNING, done=done, total=total, message=message)
    return Step(is_cancelled=job is None or job.cancel_requested)


def touch(job_id: str) -> None:
    """Tell that something about a running job changed which its row does not hold, such as its log."""
    change(job_id, Job.state == JobState.RUNNING)


def finish(job_id: str, state: JobState, **values: Any) -> Job | None:  # Any: column values
    """End a job; None when it had ended before."""
    job = change(job_id, Job.state.in_(ALIVE), state=state, finished_at=clock.now(), lease_until=None, **values)
    if job is None:
        drop_outbox(job_id)
    else:
        settle(job)
    return job


def end_done(job: Job, result: Any) -> None:  # Any: what a job returns, JSON or nothing
    """Write that a run did its work; one that was taken for lost meanwhile may still say so."""
    ended = swift.end(job.id, job.attempts, result)
    if ended is None:
        attempts.end(job, attempts.DONE)
        drop_outbox(job.id)
        return
    tell(ended)
    settle(ended, is_dropped=True)


def drop_outbox(job_id: str) -> None:
    """Forget the outbox row of a job that has ended: it is alive no more."""
    db.session.execute(sa.delete(job_outbox).where(job_outbox.c.job_id == job_id))


def settle(ended: Job, *, is_dropped: bool = False) -> None:
    """Let go of what a job held: its outbox row, its key, and the jobs that waited for it.

    Those that can never run now are cancelled, and with them what waits for them.

    Args:
        ended: The job.
        is_dropped: Its own outbox row is gone.
    """
    over = [ended]
    while over:
        job = over.pop()
        if job is not ended or not is_dropped:
            drop_outbox(job.id)
        dedupe.let_go(job)
        for job_id in needs.settle(job):
            cancelled = change(
                job_id,
                Job.state == JobState.QUEUED,
                state=JobState.CANCELLED,
                finished_at=clock.now(),
                error=needs.why_not(job.title, job.state),
            )
            if cancelled is not None:
                over.append(cancelled)


def is_still(job: Job) -> sa.ColumnElement[bool]:
    """Return the condition that a job is in this run's hands: one taken for lost must not end its successor's run."""
    return sa.and_(Job.state == JobState.RUNNING, Job.attempts == job.attempts)


def give_up(job: Job, state: JobState, **values: Any) -> Job | None:  # Any: column values
    """End a run's job without its work done; None when another run has it by now, or it has ended."""
    ended = change(job.id, is_still(job), state=state, finished_at=clock.now(), lease_until=None, **values)
    if ended is not None:
        settle(ended)
    return ended


def put_back(job: Job, error: str, signature: str = "") -> None:
    """Let a failed attempt be tried again after a back-off with jitter; not when somebody wants it stopped."""
    delay_s = rules_of(job.name).backoff_s * 3 ** (job.attempts - 1) * random.uniform(0.75, 1.25)  # noqa: S311 (spreads load, guards nothing)
    back = change(job.id, is_still(job), state=JobState.QUEUED, lease_until=None, error=error, signature=signature)
    if back is None:
        return
    if back.cancel_requested:
        finish(job.id, JobState.CANCELLED)
        return
    due_at = clock.now() + timedelta(seconds=delay_s)
    set_due(job.id, due_at, phase="waiting", queued_at=due_at)


def wait(job: Job, reason: str, wait_s: float) -> None:
    """Let a job that was not begun in earnest run later; it was no attempt. Jitter lets many come back one by one."""
    back = change(
        job.id,
        is_still(job),
        state=JobState.QUEUED,
        attempts=sa.func.greatest(Job.attempts - 1, 0),
        lease_until=None,
        error=reason,
    )
    if back is None:
        return
    delay_s = wait_s + random.uniform(0.1, 0.5) * max(wait_s, 2)  # noqa: S311 (spreads load, guards nothing)
    set_due(job.id, clock.now() + timedelta(seconds=delay_s), phase="waiting")


def ask_to_stop(job_id: str) -> Job | None:
    """Cancel a waiting job at once; a running one at its next progress. None when it is over."""
    waiting = change(job_id, Job.state == JobState.QUEUED, state=JobState.CANCELLED, finished_at=clock.now())
    if waiting is not None:
        settle(waiting)
        return waiting
    running = change(job_id, Job.state == JobState.RUNNING, cancel_requested=True)
    if running is not None:
        tell_act(JobStopAsked, running)
    return running


def change(job_id: str, only_if: sa.ColumnElement[bool], **values: Any) -> Job | None:  # Any: column values
    """Write a job's row under a condition, and tell; None when the condition does not hold."""
    job = db.session.scalars(
        sa.update(Job)
        .where(Job.id == job_id, only_if)
        .values(version=Job.version + 1, **values)
        .returning(Job)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if job is not None:
        tell(job)
    return job


def set_due(job_id: str, due_at: datetime, *, phase: str, queued_at: datetime | None = None) -> None:
    """Say when to send a job again.

    Args:
        job_id: The job.
        due_at: When.
        phase: As `job_outbox` has it.
        queued_at: Since when it can be run, which its wait is counted from; None leaves that as it is.
    """
    values = {"due_at": due_at, "sends": 0, "phase": phase} | ({"queued_at": queued_at} if queued_at else {})
    db.session.execute(sa.update(job_outbox).where(job_outbox.c.job_id == job_id).values(values))


def tell(job: Job) -> None:
    """Record how a job stands, for pages and subscribers."""
    fact = FACT_OF[permission_of(job.name)]
    told = fact(id=job.id, name=job.name, state=job.state, done=job.done, total=job.total, message=job.message)
    record(told, version=job.version)
