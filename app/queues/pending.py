"""What waits in the ledger, over all companies, in the order in which it is released. For platform admins."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.accounts import reads as accounts
from app.core import clock
from app.core.cursor import decode_cursor, encode_cursor
from app.core.db import db
from app.core.errors import NotFound
from app.core.jobs import Attempt, Job, job_outbox
from app.core.tenancy import platform_reads

IN_LEDGER = ("waiting", "blocked")
LIVING = job_outbox.c


@dataclass(frozen=True)
class PendingJob:
    """A living job as the ledger keeps it.

    Attributes:
        company: Its company's short name and name.
        phase: blocked (waits for other jobs), waiting, sent (on its way), running.
        due_at: Waiting: not before. Sent and running: when it is rung again unless it ends.
        is_exact: False when something secret in the arguments was masked.
    """

    id: str
    company_id: int
    company: tuple[str, str]
    name: str
    queue: str
    title: str
    args: dict[str, Any]
    is_exact: bool
    priority: int
    phase: str
    due_at: datetime
    queued_at: datetime
    sends: int
    by: str
    error: str

    @property
    def is_due(self) -> bool:
        """Whether it could be released now as far as its time is concerned."""
        return self.due_at <= clock.now()


@dataclass(frozen=True)
class PendingPage:
    """One page of what waits."""

    items: list[PendingJob]
    next_cursor: str | None


@dataclass(frozen=True)
class CompanyShare:
    """What of a queue belongs to one company now."""

    company_id: int
    slug: str
    name: str
    waiting: int
    oldest_at: datetime | None
    sent: int
    running: int


def list_pending(
    queue: str, *, company_id: int | None = None, name: str | None = None, limit: int = 25, after: str | None = None
) -> PendingPage:
    """Return what waits in the ledger, in the order of release.

    What may go comes before what is for later or for other jobs; then higher priority, then the company with fewer jobs
    at work and before, then who is due first.

    Args:
        queue: The queue.
        company_id: Only of this company.
        name: Only jobs of this name.
        limit: Rows of a page.
        after: Cursor of the row before the page.

    Raises:
        InvalidCursor: It was not made here.
    """
    line = _line(queue, company_id, name)
    living = sa.select(line)
    if after:
        place = decode_cursor(after, int, int, int, datetime, str)
        living = living.where(
            sa.tuple_(line.c.later, line.c.urgency, line.c.turn, line.c.due_at, line.c.job_id)
            > sa.tuple_(*(sa.literal(part) for part in place))
        )
    order = (line.c.later, line.c.urgency, line.c.turn, line.c.due_at, line.c.job_id)
    with platform_reads():
        found = db.session.execute(living.order_by(*order).limit(limit + 1)).all()
        items = _described(found[:limit])
    if len(found) <= limit:
        return PendingPage(items, None)
    last = found[limit - 1]
    return PendingPage(items, encode_cursor(last.later, last.urgency, last.turn, last.due_at.isoformat(), last.job_id))


def _line(queue: str, company_id: int | None, name: str | None) -> sa.Subquery:
    """Return what waits with its place: a company's turn counts what it has at work, and its own jobs before."""
    flying = (
        sa.select(LIVING.company_id, sa.func.count().label("n"))
        .where(LIVING.queue == queue, LIVING.phase.in_(("sent", "running")))
        .group_by(LIVING.company_id)
        .subquery()
    )
    later = sa.case((sa.and_(LIVING.phase == "waiting", LIVING.due_at <= clock.now()), 0), else_=1)
    urgency = -LIVING.priority
    own = sa.func.row_number().over(
        partition_by=(later, LIVING.company_id), order_by=(urgency, LIVING.due_at, LIVING.job_id)
    )
    turn = own + sa.func.coalesce(flying.c.n, 0)
    line = (
        sa.select(job_outbox, later.label("later"), urgency.label("urgency"), turn.label("turn"))
        .outerjoin(flying, flying.c.company_id == LIVING.company_id)
        .where(LIVING.queue == queue, LIVING.phase.in_(IN_LEDGER))
    )
    if company_id is not None:
        line = line.where(LIVING.company_id == company_id)
    if name:
        line = line.where(LIVING.name == name)
    return line.subquery()


def find_living(queue: str, job_id: str) -> PendingJob:
    """Return a job of this queue that has not ended.

    Raises:
        NotFound: It has ended, or there is none in this queue.
    """
    with platform_reads():
        rows = db.session.execute(sa.select(job_outbox).where(LIVING.queue == queue, LIVING.job_id == job_id)).all()
        found = _described(rows)
    if not found:
        raise NotFound
    return found[0]


def living_by_id(job_ids: Sequence[str]) -> dict[str, PendingJob]:
    """Return the jobs among these ids that have not ended."""
    with platform_reads():
        rows = db.session.execute(sa.select(job_outbox).where(LIVING.job_id.in_(job_ids))).all()
        return {one.id: one for one in _described(rows)}


def find_job(queue: str, job_id: str) -> Job:
    """Return a job of this queue, of whatever company, alive or not.

    Raises:
        NotFound: There is none.
    """
    with platform_reads():
        job = db.session.scalars(sa.select(Job).where(Job.id == job_id, Job.queue == queue)).one_or_none()
        if job is None:
            raise NotFound
        db.session.expunge(job)
    return job


def list_attempts(job: Job) -> Sequence[Attempt]:
    """Return the runs of a job, first to last."""
    statement = sa.select(Attempt).where(Attempt.company_id == job.company_id, Attempt.job_id == job.id)
    with platform_reads():
        found = db.session.scalars(statement.order_by(Attempt.number)).all()
        db.session.expunge_all()
    return found


def shares(queue: str, most: int = 50) -> list[CompanyShare]:
    """Return whose jobs wait and run in a queue, most waiting first. Reads living jobs only, which are few."""
    waits, is_waiting = LIVING.phase.in_(IN_LEDGER), LIVING.phase == "waiting"
    count = sa.func.count
    statement = (
        sa.select(
            LIVING.company_id,
            count().filter(waits).label("waiting"),
            sa.func.min(LIVING.queued_at).filter(is_waiting).label("oldest_at"),
            count().filter(LIVING.phase == "sent").label("sent"),
            count().filter(LIVING.phase == "running").label("running"),
        )
        .where(LIVING.queue == queue)
        .group_by(LIVING.company_id)
        .order_by(sa.desc("waiting"), sa.desc("running"), LIVING.company_id)
        .limit(most)
    )
    with platform_reads():
        rows = db.session.execute(statement).all()
    named = accounts.companies_by_id([row.company_id for row in rows])
    return [
        CompanyShare(
            row.company_id, *named.get(row.company_id, ("", "")), row.waiting, row.oldest_at, row.sent, row.running
        )
        for row in rows
    ]


def _described(rows: Sequence[sa.Row[Any]]) -> list[PendingJob]:  # Any: columns of job_outbox
    """Return living rows with what their jobs say. Called inside `platform_reads`."""
    if not rows:
        return []
    wanted = sa.tuple_(Job.company_id, Job.id).in_([(row.company_id, row.job_id) for row in rows])
    columns = (Job.company_id, Job.id, Job.title, Job.args, Job.actor, Job.is_exact, Job.error)
    jobs = {(job.company_id, job.id): job for job in db.session.execute(sa.select(*columns).where(wanted))}
    named = accounts.companies_by_id({row.company_id for row in rows})
    return [
        PendingJob(
            id=row.job_id, company_id=row.company_id, company=named.get(row.company_id, ("", "")), name=row.name,
            queue=row.queue, title=job.title, args=job.args, is_exact=job.is_exact, priority=row.priority,
            phase=row.phase, due_at=row.due_at, queued_at=row.queued_at, sends=row.sends,
            by=str(job.actor.get("name", "")), error=job.error,
        )
        for row in rows
        if (job := jobs.get((row.company_id, row.job_id))) is not None
    ]  # fmt: skip
