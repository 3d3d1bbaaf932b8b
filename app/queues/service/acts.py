"""What a person does to one job: again, now, sooner, away, back."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from app.core import clock
from app.core.db import db, transaction
from app.core.errors import Problem
from app.core.jobs import Job, JobState, job_outbox, repeat, trees
from app.core.jobs.ledger import change, set_due
from app.core.jobs.repeat import JobArgumentsRefused
from app.queues import reads

IN_LEDGER = ("waiting", "blocked")


class JobNotWaiting(Problem, code="job-not-waiting", status=409):
    """This job does not wait for its time. It is {state}; only one that waits in the ledger can be hurried or moved."""

    state: JobState


class TreeIsOver(Problem, code="job-tree-over", status=409):
    """Nothing of this tree is alive any more. There is nothing left to cancel."""


def retry_job(job_id: str, allowed: Collection[str]) -> Job:
    """Queue a job once more, exactly as it was, and return the new one.

    Raises:
        NotFound: There is no such job here.
        Problem: As app/core/jobs/repeat.py refuses.
    """
    with transaction():
        return repeat.repeat(reads.find_job(job_id, allowed))


def send_edited_job(job_id: str, args: dict[str, Any], allowed: Collection[str]) -> Job:  # Any: JSON values
    """Queue a job once more with other arguments, and return the new one.

    Raises:
        NotFound: There is no such job here.
        Problem: As app/core/jobs/repeat.py refuses.
    """
    with transaction():
        return repeat.repeat(reads.find_job(job_id, allowed), args=args)


def hurry_job(job_id: str, allowed: Collection[str]) -> Job:
    """Let a job that waits for its time, such as the end of a back-off, be released now.

    Raises:
        NotFound: There is no such job here.
        JobNotWaiting: It does not wait for its time.
    """
    now = clock.now()
    with transaction():
        found = reads.find_job(job_id, allowed)
        job = change(job_id, sa.and_(Job.state == JobState.QUEUED, _is_in_phase("waiting")))
        if job is None:
            raise JobNotWaiting(state=found.state)
        set_due(job_id, now, phase="waiting", queued_at=now)
    return job


def prioritize_job(job_id: str, priority: int, allowed: Collection[str]) -> Job:
    """Let a waiting job go sooner or later than others of its queue.

    Raises:
        NotFound: There is no such job here.
        JobNotWaiting: It waits no more.
    """
    with transaction():
        found = reads.find_job(job_id, allowed)
        only_if = sa.and_(Job.state == JobState.QUEUED, _is_in_phase(*IN_LEDGER))
        job = change(job_id, only_if, priority=priority)
        if job is None:
            raise JobNotWaiting(state=found.state)
        db.session.execute(sa.update(job_outbox).where(job_outbox.c.job_id == job_id).values(priority=priority))
    return job


def discard_job(job_id: str, reason: str, allowed: Collection[str]) -> Job:
    """Give a failed job up: it leaves the dead letters, and can be restored.

    Raises:
        NotFound: There is no such job here.
        JobNotFailed: Only what failed is given up.
    """
    with transaction():
        reads.find_job(job_id, allowed)
        return repeat.discard(job_id, reason)


def restore_job(job_id: str, allowed: Collection[str]) -> Job:
    """Take a discard back.

    Raises:
        NotFound: There is no such job here.
        JobNotDiscarded: It is not discarded.
    """
    with transaction():
        reads.find_job(job_id, allowed)
        return repeat.restore(job_id)


def cancel_tree(job_id: str, allowed: Collection[str]) -> int:
    """Cancel a job and everything that came of it; return how many were alive.

    Raises:
        NotFound: There is no such job here.
        TreeIsOver: Nothing of it is alive.
    """
    with transaction():
        reads.find_job(job_id, allowed)
        stopped = trees.cancel_tree(job_id)
    if not stopped:
        raise TreeIsOver
    return stopped


def _is_in_phase(*phases: str) -> sa.ColumnElement[bool]:
    living = sa.select(sa.literal(1)).where(job_outbox.c.job_id == Job.id, job_outbox.c.phase.in_(phases))
    return sa.exists(living.select_from(job_outbox).correlate(Job))


__all__ = ["JobArgumentsRefused", "JobNotWaiting", "TreeIsOver"]
