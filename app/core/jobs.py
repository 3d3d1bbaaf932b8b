"""The ledger of jobs: one row a job, and one outbox row until it has ended.

A job's row is the truth; the broker only carries its id. The outbox row stays until the job ends and says
when to send it (again): at once, after a back-off, or when the lease of a lost worker has run out. So a
flushed broker or a killed worker loses nothing but time. Delivery is at least once; the claim is exact.
"""

import random
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Model, db
from app.core.ids import CompanyId
from app.core.outbox import Fact, record

LEASE_S = 45
BEAT_S = 10
MAX_ATTEMPTS = 4  # the first and three retries
BACKOFF_S = 5
JSON = dict[str, Any]


class JobState(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        """True when nothing will happen to it any more."""
        return self not in {JobState.QUEUED, JobState.RUNNING}


class StateText(sa.TypeDecorator[JobState]):
    """A state as text in the table and as itself in Python; the check constraint keeps the words."""

    impl = sa.Text
    cache_ok = True

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> JobState | None:
        """Read the word."""
        return JobState(value) if value is not None else None


class Job(Model):
    """One piece of work done outside a request."""

    __tablename__ = "jobs"
    __table_args__ = (
        sa.CheckConstraint("state IN ('queued','running','done','failed','cancelled')", name="state"),
        sa.CheckConstraint("done >= 0 AND attempts >= 0", name="counts"),
        sa.Index(
            "ix_jobs_company_id_id_live", "company_id", "id",
            postgresql_where=sa.text("state IN ('queued','running')"),
        ),
    )  # fmt: skip

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    name: Mapped[str] = mapped_column(sa.Text)
    queue: Mapped[str] = mapped_column(sa.Text)
    title: Mapped[str] = mapped_column(sa.Text)
    args: Mapped[JSON] = mapped_column(JSONB)
    actor: Mapped[JSON] = mapped_column(JSONB)
    request_id: Mapped[str] = mapped_column(sa.Text)
    state: Mapped[JobState] = mapped_column(StateText, default=JobState.QUEUED, server_default="queued")
    done: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    total: Mapped[int | None] = mapped_column(sa.BigInteger, default=None)
    message: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    result: Mapped[JSON | None] = mapped_column(JSONB(none_as_null=True), default=None)
    error: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    attempts: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    cancel_requested: Mapped[bool] = mapped_column(sa.Boolean, default=False, server_default=sa.false())
    lease_until: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True), default=None)
    created_at: Mapped[datetime] = mapped_column(
        sa.DateTime(timezone=True), default_factory=clock.now, server_default=sa.func.now()
    )
    started_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True), default=None)
    finished_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True), default=None)
    version: Mapped[int] = mapped_column(sa.BigInteger, default=1, server_default="1")


job_outbox = sa.Table(
    "job_outbox",
    Base.metadata,
    sa.Column("company_id", sa.BigInteger, primary_key=True),
    sa.Column("job_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("queue", sa.Text, nullable=False),
    sa.Column("due_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now(), index=True),
    sa.Column("sends", sa.Integer, nullable=False, server_default="0"),
    sa.ForeignKeyConstraint(["company_id", "job_id"], ["jobs.company_id", "jobs.id"]),
)


class JobUpdated(Fact, type="job.updated", topic="jobs", row="id"):
    """A job was queued, made progress, or ended."""

    id: str
    name: str
    state: JobState
    done: int
    total: int | None
    message: str


class AccountJobUpdated(Fact, type="account-job.updated", topic="account-jobs", row="id"):
    """The same of a job about people, for those who may see people."""

    id: str
    name: str
    state: JobState
    done: int
    total: int | None
    message: str


# What a kind of job may ask of who sees it, and where it is told: rows are pushed to all readers of a topic alike.
FACT_OF = {"jobs:read": JobUpdated, "users:read": AccountJobUpdated}
EVERYBODY = frozenset({"jobs:read"})
_permission_of: dict[str, str] = {}


def show_only_to(permission: str, name: str) -> None:
    """Let only holders of a permission see the jobs of a name."""
    if permission not in FACT_OF:
        raise ValueError(f"jobs are not told to holders of {permission!r}; add it to FACT_OF")
    _permission_of[name] = permission


def permission_of(name: str) -> str:
    """Return what one needs to see the jobs of a name."""
    return _permission_of.get(name, "jobs:read")


def is_seen(allowed: Collection[str]) -> sa.ColumnElement[bool]:
    """Return the condition under which a job may be seen by who holds these permissions."""
    hidden = sorted(name for name, permission in _permission_of.items() if permission not in allowed)
    return Job.name.not_in(hidden) if hidden else sa.true()


@dataclass(frozen=True)
class Step:
    """What writing a job's progress found out."""

    is_cancelled: bool


def add(job: Job) -> None:
    """Write a new job and its outbox row into the current transaction."""
    session = db.session()
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
        _set_due(job_id, now + timedelta(seconds=LEASE_S + 1))
    return taken


def extend_lease(job_id: str) -> None:
    """Say that the worker of a running job is alive. Tells nobody: nothing changed for people."""
    now = clock.now()
    until = now + timedelta(seconds=LEASE_S)
    db.session.execute(
        sa.update(Job).where(Job.id == job_id, Job.state == JobState.RUNNING).values(lease_until=until)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    _set_due(job_id, until + timedelta(seconds=1))


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
    _set_due(job.id, clock.now() + timedelta(seconds=delay_s))


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
    _set_due(job.id, clock.now() + timedelta(seconds=delay_s))


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


def _set_due(job_id: str, due_at: datetime) -> None:
    db.session.execute(sa.update(job_outbox).where(job_outbox.c.job_id == job_id).values(due_at=due_at, sends=0))


def _tell(job: Job) -> None:
    fact = FACT_OF[permission_of(job.name)]
    told = fact(id=job.id, name=job.name, state=job.state, done=job.done, total=job.total, message=job.message)
    record(told, version=job.version)
