"""Emptying a queue: its messages in the broker, and when wanted the jobs that wait. What runs goes on."""

from collections import defaultdict
from dataclasses import dataclass

import sqlalchemy as sa

from app.core import clock
from app.core.db import db, transaction
from app.core.errors import InvalidInput
from app.core.ids import CompanyId
from app.core.jobs import Job, JobState, job_outbox
from app.core.jobs.facts import JobDiscarded, tell_act
from app.core.jobs.ledger import change, settle
from app.core.tenancy import acting_for, platform_reads, system_work
from app.queues import brokers
from app.queues.service import broker

MOST_AT_ONCE, BATCH = 2000, 100
NOT_BEGUN = ("waiting", "blocked", "sent")


@dataclass(frozen=True)
class Reach:
    """What a purge would reach now.

    Attributes:
        messages: In the broker; None while it does not answer.
        rung: Living jobs whose message is on its way: those are rung again from the ledger.
        jobs: Jobs that have not begun, counted to one more than one purge takes.
        companies: Whose they are.
    """

    messages: int | None
    rung: int
    jobs: int
    companies: int


@dataclass(frozen=True)
class Purged:
    """What a purge did; `more` says that still more jobs wait."""

    messages: int
    jobs: int
    rung: int
    more: bool


def reach_of(queue: str) -> Reach:
    """Return what emptying a queue would reach now."""
    standing = brokers.depth(queue)
    jobs, companies = living(queue, *NOT_BEGUN)
    return Reach(standing.total if standing is not None else None, living(queue, "sent")[0], jobs, companies)


def purge_queue(queue: str, *, reason: str, with_jobs: bool = False) -> Purged:
    """Delete a queue's messages from the broker; discard what has not begun, or ring it again at once.

    Args:
        queue: The queue.
        reason: Kept in the audit, and with every job that is discarded.
        with_jobs: Discard the jobs, too.

    Raises:
        BrokerAway: Nothing was done.
    """
    messages = broker.purge(queue, reason)
    jobs, more = discard_all(queue, reason) if with_jobs else (0, False)
    return Purged(messages, jobs, _ring_again(queue), more)


def check_typed(queue: str, typed: str) -> None:
    """Refuse a purge whose queue was not typed.

    Raises:
        InvalidInput: It reads otherwise.
    """
    if typed.strip() != queue:
        raise InvalidInput(errors=[{"field": "typed", "message": f"Type {queue}, exactly so."}])


def living(queue: str, *phases: str) -> tuple[int, int]:
    """Return how many jobs of a queue are in these phases, counted to one more than a purge takes, and of how many companies."""
    found = (
        sa.select(job_outbox.c.company_id)
        .where(job_outbox.c.queue == queue, job_outbox.c.phase.in_(phases))
        .limit(MOST_AT_ONCE + 1)
        .subquery()
    )
    with platform_reads():
        count = sa.select(sa.func.count(), sa.func.count(found.c.company_id.distinct()))
        jobs, companies = db.session.execute(count.select_from(found)).one()
    return jobs, companies


def discard_all(queue: str, reason: str) -> tuple[int, bool]:
    """Cancel what has not begun, the oldest first; return how many, and whether there are more.

    Args:
        queue: The queue.
        reason: Kept with every job and in the audit.
    """
    statement = (
        sa.select(job_outbox.c.company_id, job_outbox.c.job_id)
        .where(job_outbox.c.queue == queue, job_outbox.c.phase.in_(NOT_BEGUN))
        .order_by(job_outbox.c.job_id)
        .limit(MOST_AT_ONCE + 1)
    )
    with platform_reads():
        rows = db.session.execute(statement).all()
    by_company: dict[int, list[str]] = defaultdict(list)
    for row in rows[:MOST_AT_ONCE]:
        by_company[row.company_id].append(row.job_id)
    done = 0
    for company_id, job_ids in by_company.items():
        with acting_for(CompanyId(company_id)):
            done += sum(_discard(job_ids[i : i + BATCH], reason) for i in range(0, len(job_ids), BATCH))
    return done, len(rows) > MOST_AT_ONCE


def _ring_again(queue: str) -> int:
    """Let the relay send what is on its way once more, now instead of within the minute."""
    statement = (
        sa.update(job_outbox)
        .where(job_outbox.c.queue == queue, job_outbox.c.phase == "sent")
        .values(due_at=clock.now())
        .returning(job_outbox.c.job_id)
    )
    with system_work(), transaction():
        return len(db.session.execute(statement).all())


def _discard(job_ids: list[str], reason: str) -> int:
    done = 0
    with transaction():
        for job_id in job_ids:
            values = {"state": JobState.CANCELLED, "finished_at": clock.now(), "error": f"Purged: {reason}"}
            job = change(job_id, Job.state == JobState.QUEUED, **values)
            if job is not None:
                settle(job)
                tell_act(JobDiscarded, job, reason=reason)
                done += 1
    return done
