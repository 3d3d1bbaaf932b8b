"""Sums of what jobs did. Rows of the platform company are the sums over all companies."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from app.core.db import Model
from app.core.histogram import Buckets
from app.core.ids import CompanyId
from app.core.jobs import job_outbox

INSTANT = sa.DateTime(timezone=True)
# What has waited longest in a queue, and how much is due, without looking at who is next.
sa.Index(
    "ix_job_outbox_queue_due_at", job_outbox.c.queue, job_outbox.c.due_at, postgresql_where=sa.text("phase = 'waiting'")
)


class Sums(Model):
    """What the jobs of one name did in a span of time.

    Attributes:
        queued: Jobs that were asked for.
        failed: Jobs that were given up; `retried` are attempts that failed and will be made again.
        late: Attempts that waited longer than the queue's target at that time.
        waited_ms: All waits together; `ran_ms` all runs.
        wait_hist: How long attempts waited, in milliseconds; `run_hist` how long they ran.
        failures: Failed jobs by signature.
    """

    __abstract__ = True

    @declared_attr
    def company_id(cls) -> Mapped[CompanyId]:  # noqa: N805 (SQLAlchemy calls it with the class)
        """Whose jobs."""
        return mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)

    queue: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    name: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    queued: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    done: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    failed: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    retried: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    cancelled: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    lost: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    late: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    waited_ms: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    ran_ms: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    wait_hist: Mapped[Buckets] = mapped_column(JSONB, default_factory=dict, server_default="{}")
    run_hist: Mapped[Buckets] = mapped_column(JSONB, default_factory=dict, server_default="{}")
    failures: Mapped[Buckets] = mapped_column(JSONB, default_factory=dict, server_default="{}")


class JobMinute(Sums):
    """One minute; kept for three days."""

    __tablename__ = "job_minutes"
    __table_args__ = (sa.Index("ix_job_minutes_at", "at"),)

    at: Mapped[datetime] = mapped_column(INSTANT, primary_key=True)


class JobHour(Sums):
    """One hour that is over; kept for 90 days."""

    __tablename__ = "job_hours"
    __table_args__ = (sa.Index("ix_job_hours_at", "at"),)

    at: Mapped[datetime] = mapped_column(INSTANT, primary_key=True)


class WorkerMinute(Sums):
    """One minute of one worker, over all companies; kept for three days. What was queued has no worker yet: ""."""

    __tablename__ = "worker_minutes"
    __table_args__ = (sa.Index("ix_worker_minutes_at", "at"),)

    at: Mapped[datetime] = mapped_column(INSTANT, primary_key=True)
    worker: Mapped[str] = mapped_column(sa.Text, primary_key=True)


class JobTotal(Sums):
    """Everything a worker did up to an hour: counters that only grow, for Prometheus."""

    __tablename__ = "job_totals"

    worker: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    until: Mapped[datetime] = mapped_column(INSTANT)


class QueueSample(Model):
    """How full a queue was; the newest row of a queue is how full it is. Belongs to the installation.

    Attributes:
        waiting: Jobs that are due and not begun; counted to `samples.COUNT_BOUND`.
        oldest_s: How long the one that waits longest does; None when none waits.
        overdue: Those of them that wait longer than the target.
        hold: Why the whole queue is held, in words; "" when it flows.
        behind_since: Since when its oldest job has waited longer than the target, without a break.
        told_at: When that was told (`queue.behind`).
    """

    __tablename__ = "queue_samples"

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    minute: Mapped[datetime] = mapped_column(INSTANT, primary_key=True)
    queue: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    sampled_at: Mapped[datetime] = mapped_column(INSTANT)
    waiting: Mapped[int] = mapped_column(sa.Integer)
    oldest_s: Mapped[float | None] = mapped_column(sa.Double)
    overdue: Mapped[int] = mapped_column(sa.Integer)
    running: Mapped[int] = mapped_column(sa.Integer)
    target_s: Mapped[int] = mapped_column(sa.Integer)
    hold: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    behind_since: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    told_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)


class FigureGap(Model):
    """A span whose jobs are still to be added up: the relay was away. Belongs to the installation.

    Attributes:
        since: Its first minute; it moves on as the gap is closed from its oldest end.
        until: The minute after its last one.
    """

    __tablename__ = "figure_gaps"

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    since: Mapped[datetime] = mapped_column(INSTANT, primary_key=True)
    until: Mapped[datetime] = mapped_column(INSTANT)


class FailureGroup(Model):
    """Failed jobs whose failures have one signature.

    Attributes:
        total: Failed jobs since the first one.
        first_release: The release it was first seen in.
        last_job_id: A job to look at.
        muted_until: Not shown among what needs somebody until then.
    """

    __tablename__ = "failure_groups"
    __table_args__ = (
        sa.Index("ix_failure_groups_company_id_last_seen", "company_id", "last_seen"),
        sa.Index("ix_failure_groups_signature_last_seen", "signature", "last_seen"),
        sa.Index("ix_failure_groups_last_seen", "last_seen"),
    )

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    signature: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    name: Mapped[str] = mapped_column(sa.Text)
    queue: Mapped[str] = mapped_column(sa.Text)
    error_type: Mapped[str] = mapped_column(sa.Text)
    error: Mapped[str] = mapped_column(sa.Text)
    first_seen: Mapped[datetime] = mapped_column(INSTANT)
    last_seen: Mapped[datetime] = mapped_column(INSTANT)
    total: Mapped[int] = mapped_column(sa.BigInteger)
    first_release: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    last_release: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    last_job_id: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    muted_until: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
