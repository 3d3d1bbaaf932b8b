"""What a person can do to a job that waits: discard it, ask for it again, let it go sooner, let it wait elsewhere."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from app.core import clock
from app.core.broker import QUEUES
from app.core.db import db, transaction
from app.core.errors import InvalidInput, NotFound, Problem
from app.core.jobs import Job, JobState, job_outbox
from app.core.jobs.facts import JobDiscarded, tell_act
from app.core.jobs.ledger import change, settle
from app.core.jobs.repeat import repeat
from app.core.tenancy import acting_for
from app.queues.pending import IN_LEDGER, PendingJob, find_job, find_living
from app.queues.service import broker

LOWEST, HIGHEST = -9, 9


class JobIsUnderway(Problem, code="job-is-underway", status=409):
    """This job waits no more. It has been released to the workers, or has ended: look at its own page."""


def discard_waiting(queue: str, job_id: str, *, reason: str) -> Job:
    """Cancel a waiting job for a reason: it will not run, and what waits for it will not either. Its row stays.

    Raises:
        NotFound: It has ended, or there is none in this queue.
        JobIsUnderway: It runs.
    """
    found = find_living(queue, job_id)
    with acting_for(found.company_id), transaction():
        values = {"state": JobState.CANCELLED, "finished_at": clock.now(), "error": f"Discarded: {reason}"}
        job = change(job_id, Job.state == JobState.QUEUED, **values)
        if job is None:
            raise JobIsUnderway
        settle(job)
        tell_act(JobDiscarded, job, reason=reason)
    if found.phase == "sent":
        with suppress(NotFound, broker.BrokerAway):  # a worker that gets it finds the job over
            broker.remove_message(queue, job_id, reason)
    return job


def ask_again(queue: str, job_id: str) -> Job:
    """Queue a discarded job once more, as it was.

    Raises:
        NotFound: There is none in this queue.
        JobStillAlive: It has not ended.
        JobNotExact: Its arguments are not those it had.
    """
    found = find_job(queue, job_id)
    with acting_for(found.company_id):
        return repeat(found)


def set_priority(queue: str, job_id: str, priority: int) -> PendingJob:
    """Let a waiting job go sooner or later than others of its queue.

    Args:
        queue: Its queue.
        job_id: The job.
        priority: -9 to 9; higher goes sooner.

    Raises:
        NotFound: It has ended, or there is none in this queue.
        JobIsUnderway: It waits no more.
        InvalidInput: There is no such priority.
    """
    if not LOWEST <= priority <= HIGHEST:
        raise InvalidInput(errors=[{"field": "priority", "message": f"Give a number from {LOWEST} to {HIGHEST}."}])
    return _put(find_living(queue, job_id), priority=priority)


def move_waiting(queue: str, job_id: str, to: str) -> PendingJob:
    """Let a waiting job wait in another queue, under that queue's slots.

    Raises:
        NotFound: It has ended, or there is none in this queue.
        JobIsUnderway: It waits no more.
        InvalidInput: There is no such queue.
    """
    if to not in QUEUES or to == queue:
        raise InvalidInput(errors=[{"field": "to", "message": "Give another queue of this installation."}])
    return _put(find_living(queue, job_id), queue=to)


def _put(found: PendingJob, **values: Any) -> PendingJob:  # Any: a priority or a queue
    """Write what changes into the job and into its place among the living, or into neither."""
    with acting_for(found.company_id), transaction():
        job = change(found.id, Job.state == JobState.QUEUED, **values)
        moved = db.session.execute(
            sa.update(job_outbox)
            .where(job_outbox.c.job_id == found.id, job_outbox.c.phase.in_(IN_LEDGER))
            .values(**values)
            .returning(job_outbox.c.job_id)
        )
        if job is None or moved.first() is None:
            raise JobIsUnderway
    try:
        return find_living(str(values.get("queue", found.queue)), found.id)
    except NotFound:  # it was released at once, and has ended
        return replace(found, **values)
