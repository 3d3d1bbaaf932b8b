"""Jobs as rows: what was asked, what became of it, and what is alive."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Model
from app.core.ids import CompanyId

JSON = dict[str, Any]
INSTANT = sa.DateTime(timezone=True)


class JobState(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    DISCARDED = "discarded"  # failed, and somebody said that nothing more will be done

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


def _some(name: str, *columns: str, where: str) -> sa.Index:
    return sa.Index(name, *columns, postgresql_where=sa.text(where))


class Job(Model):
    """One piece of work done outside a request. Partitioned by day: the id is a ULID.

    Attributes:
        root_id: The job at the top of its tree; its own id when nothing caused it.
        parent_id: The job whose body queued it.
        retry_of: The job that it repeats by somebody's wish.
        priority: -9 to 9, higher is released sooner; 0 is normal.
        dedupe_key: Held in its company until the job ends.
        due_at: Not before; None for at once.
        is_exact: False when something secret was masked in `args`: such a job is never repeated by a console.
        signature: What its failure has in common with others; "" without one.
        worker: Who runs it, or ran it last.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        sa.CheckConstraint("state IN ('queued','running','done','failed','cancelled','discarded')", name="state"),
        sa.CheckConstraint("done >= 0 AND attempts >= 0", name="counts"),
        _some("ix_jobs_company_id_id_live", "company_id", "id", where="state IN ('queued','running')"),
        sa.Index("ix_jobs_id", "id"),
        sa.Index("ix_jobs_queue_id", "queue", "id"),
        sa.Index("ix_jobs_name_id", "name", "id"),
        _some("ix_jobs_signature_id", "signature", "id", where="signature <> ''"),
        _some("ix_jobs_id_failed", "id", where="state = 'failed'"),
        _some("ix_jobs_id_live", "id", where="state IN ('queued','running')"),
        # Lists within a company, whose policy compares the company first.
        sa.Index("ix_jobs_company_id_name_id", "company_id", "name", "id"),
        sa.Index("ix_jobs_company_id_queue_id", "company_id", "queue", "id"),
        _some("ix_jobs_company_id_id_failed", "company_id", "id", where="state = 'failed'"),
        _some("ix_jobs_name_id_failed", "name", "id", where="state = 'failed'"),
        _some("ix_jobs_company_id_name_id_failed", "company_id", "name", "id", where="state = 'failed'"),
        _some("ix_jobs_company_id_id_put_away", "company_id", "id", where="state IN ('cancelled','discarded')"),
        _some("ix_jobs_id_put_away", "id", where="state IN ('cancelled','discarded')"),
        sa.Index("ix_jobs_request_id", "request_id"),
        _some("ix_jobs_root_id", "root_id", where="root_id <> id"),
        _some("ix_jobs_schedule_id_id", "schedule_id", "id", where="schedule_id IS NOT NULL"),
        sa.Index("ix_jobs_args", "args", postgresql_using="gin", postgresql_ops={"args": "jsonb_path_ops"}),
        {"postgresql_partition_by": "RANGE (id)"},
    )

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    name: Mapped[str] = mapped_column(sa.Text)
    queue: Mapped[str] = mapped_column(sa.Text)
    title: Mapped[str] = mapped_column(sa.Text)
    args: Mapped[JSON] = mapped_column(JSONB)
    actor: Mapped[JSON] = mapped_column(JSONB)
    request_id: Mapped[str] = mapped_column(sa.Text)
    root_id: Mapped[str] = mapped_column(sa.Text, default="")
    parent_id: Mapped[str | None] = mapped_column(sa.Text, default=None)
    retry_of: Mapped[str | None] = mapped_column(sa.Text, default=None)
    schedule_id: Mapped[str | None] = mapped_column(sa.Text, default=None)
    priority: Mapped[int] = mapped_column(sa.SmallInteger, default=0, server_default="0")
    dedupe_key: Mapped[str | None] = mapped_column(sa.Text, default=None)
    due_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    is_exact: Mapped[bool] = mapped_column(sa.Boolean, default=True, server_default=sa.true())
    state: Mapped[JobState] = mapped_column(StateText, default=JobState.QUEUED, server_default="queued")
    done: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    total: Mapped[int | None] = mapped_column(sa.BigInteger, default=None)
    message: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    result: Mapped[JSON | None] = mapped_column(JSONB(none_as_null=True), default=None)
    error: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    signature: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    attempts: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    cancel_requested: Mapped[bool] = mapped_column(sa.Boolean, default=False, server_default=sa.false())
    worker: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    lease_until: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    created_at: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=sa.func.now())
    started_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    finished_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    version: Mapped[int] = mapped_column(sa.BigInteger, default=1, server_default="1")


job_outbox = sa.Table(
    "job_outbox",
    Base.metadata,
    sa.Column("company_id", sa.BigInteger, primary_key=True),
    sa.Column("job_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("queue", sa.Text, nullable=False),
    sa.Column("due_at", INSTANT, nullable=False, server_default=sa.func.now()),
    sa.Column("sends", sa.Integer, nullable=False, server_default="0"),
    sa.Column("priority", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("phase", sa.Text, nullable=False, server_default="waiting"),
    sa.Column("queued_at", INSTANT, nullable=False, server_default=sa.func.now()),
    sa.CheckConstraint("phase IN ('blocked','waiting','sent','running')", name="phase"),
    _some("ix_job_outbox_due_at_flying", "due_at", where="phase IN ('sent','running')"),
    _some("ix_job_outbox_queue_flying", "queue", "company_id", where="phase IN ('sent','running')"),
    sa.Index(
        "ix_job_outbox_waiting", "queue", "company_id", "name", sa.text("priority DESC"), "due_at", "job_id",
        postgresql_where=sa.text("phase = 'waiting'"),
    ),
    sa.Index("ix_job_outbox_job_id", "job_id"),
)  # fmt: skip


class Attempt(Model):
    """One run of a job, or the wish to run it that a breaker refused.

    Attributes:
        outcome: done, failed, cancelled, lost; None while it runs.
        waited_ms: From when it was due (or the last attempt ended) to its start.
        ran_ms: None while it runs.
    """

    __tablename__ = "job_attempts"
    __table_args__ = (sa.Index("ix_job_attempts_ended_at", "ended_at"), {"postgresql_partition_by": "RANGE (job_id)"})

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    job_id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    number: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    queue: Mapped[str] = mapped_column(sa.Text)
    name: Mapped[str] = mapped_column(sa.Text)
    started_at: Mapped[datetime] = mapped_column(INSTANT)
    worker: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    pid: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    release: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    ended_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    waited_ms: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    ran_ms: Mapped[int | None] = mapped_column(sa.BigInteger, default=None)
    outcome: Mapped[str | None] = mapped_column(sa.Text, default=None)
    error: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    error_type: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    traceback: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    signature: Mapped[str] = mapped_column(sa.Text, default="", server_default="")


class LogLine(Model):
    """A line that a job said while it ran."""

    __tablename__ = "job_log_lines"
    __table_args__ = ({"postgresql_partition_by": "RANGE (job_id)"},)

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    job_id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    attempt: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    number: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    text: Mapped[str] = mapped_column(sa.Text)
    level: Mapped[str] = mapped_column(sa.Text, default="info", server_default="info")
    at: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=sa.func.now())


job_keys = sa.Table(
    "job_keys",
    Base.metadata,
    sa.Column("company_id", sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("job_id", sa.Text, nullable=False),
    sa.Index("ix_job_keys_company_id_job_id", "company_id", "job_id"),
)

job_needs = sa.Table(
    "job_needs",
    Base.metadata,
    sa.Column("company_id", sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True),
    sa.Column("job_id", sa.Text, primary_key=True),
    sa.Column("needs_id", sa.Text, primary_key=True),
    sa.Column("any_end", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("ix_job_needs_company_id_needs_id", "company_id", "needs_id"),
)


class Pause(Model):
    """What a person holds: a queue, a job name, or a company's jobs. Belongs to the installation.

    Attributes:
        kind: queue, name or company.
        value: The queue, the name, or the company's slug.
        until: When it ends by itself; None for when somebody resumes.
    """

    __tablename__ = "job_pauses"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "kind", "value"),
        sa.CheckConstraint("kind IN ('queue','name','company')", name="kind"),
    )

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    kind: Mapped[str] = mapped_column(sa.Text)
    value: Mapped[str] = mapped_column(sa.Text)
    actor: Mapped[JSON] = mapped_column(JSONB)
    reason: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    since: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=sa.func.now())
    until: Mapped[datetime | None] = mapped_column(INSTANT, default=None)


class QueueSettings(Model):
    """What a person changed about a queue; None follows the environment and app/core/broker.py."""

    __tablename__ = "queue_settings"
    __table_args__ = (sa.CheckConstraint("concurrency > 0 AND target_wait_s > 0", name="positive"),)

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    queue: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    concurrency: Mapped[int | None] = mapped_column(sa.Integer, default=None)
    target_wait_s: Mapped[int | None] = mapped_column(sa.Integer, default=None)
    version: Mapped[int] = mapped_column(sa.BigInteger, default=1, server_default="1")
