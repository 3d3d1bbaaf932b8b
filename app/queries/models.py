"""What is known of statements. Everything belongs to the installation: rows have the platform company's id."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from app.core.db import Model
from app.core.histogram import Buckets
from app.core.ids import CompanyId

INSTANT = sa.DateTime(timezone=True)
DAILY = {"postgresql_partition_by": "RANGE (at)"}


class Ours(Model):
    """A table of the installation's."""

    __abstract__ = True

    @declared_attr
    def company_id(cls) -> Mapped[CompanyId]:  # noqa: N805 (SQLAlchemy calls it with the class)
        """The platform company."""
        return mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)


class Statement(Ours):
    """One statement, whatever values it was sent with.

    Attributes:
        fingerprint: Of its parse tree: the same through deploys and upgrades of the server.
        text: Normalised: no value in it.
        verb: `select`, `insert`, `update`, `delete`, `merge` or `other`.
        known_at: When somebody said that its cost is known and fine; ends with a change of its plan.
    """

    __tablename__ = "query_statements"
    fingerprint: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    text: Mapped[str] = mapped_column(sa.Text)
    verb: Mapped[str] = mapped_column(sa.Text)
    tables: Mapped[list[str]] = mapped_column(ARRAY(sa.Text))
    first_seen_at: Mapped[datetime] = mapped_column(INSTANT)
    last_seen_at: Mapped[datetime] = mapped_column(INSTANT)
    known_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    known_by: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    known_reason: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    version: Mapped[int] = mapped_column(sa.BigInteger, default=1, server_default="1")


class Counts(Ours):
    """What the application measured of one statement in a span of time.

    Attributes:
        errors: Calls that failed; `timeouts` of them were stopped by a time limit. Both are calls, too.
        total_us: Microseconds, from sending the statement to its first rows.
        buckets: How long calls took, in microseconds (app/core/histogram.py).
    """

    __abstract__ = True
    fingerprint: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    calls: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    errors: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    timeouts: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    rows: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    total_us: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    max_us: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    buckets: Mapped[Buckets] = mapped_column(JSONB, default_factory=dict, server_default="{}")


class StatementMinute(Counts):
    """One minute; kept for eight days in daily partitions."""

    __tablename__ = "query_minutes"
    __table_args__ = (sa.Index("ix_query_minutes_fingerprint_at", "fingerprint", "at"), DAILY)
    at: Mapped[datetime] = mapped_column(INSTANT, primary_key=True)


class StatementHour(Counts):
    """One hour; kept for 90 days."""

    __tablename__ = "query_hours"
    __table_args__ = (sa.Index("ix_query_hours_fingerprint_at", "fingerprint", "at"),)
    at: Mapped[datetime] = mapped_column(INSTANT, primary_key=True)


class CompanyHour(Counts):
    """One hour of one company; kept for 30 days.

    Attributes:
        of_company_id: Whose request or job it was; 0 for the installation's own work.
    """

    __tablename__ = "query_company_hours"
    __table_args__ = (
        sa.Index("ix_query_company_hours_of_company_id_at", "of_company_id", "at"),
        sa.Index("ix_query_company_hours_fingerprint_at", "fingerprint", "at"),
    )
    at: Mapped[datetime] = mapped_column(INSTANT, primary_key=True)
    of_company_id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)


class Sample(Ours):
    """One call that stood out, or one of many by chance. Never with a value.

    Attributes:
        kind: `slow`, `timeout`, `error` or `random`.
        endpoint: Of the request, the job's name, or the kind of process.
        line: Where our code asked: `app/orders/reads.py:88`.
        actor: The public id of who asked.
    """

    __tablename__ = "query_samples"
    __table_args__ = (
        sa.Index("ix_query_samples_fingerprint_at", "fingerprint", "at"),
        sa.Index("ix_query_samples_request_id", "request_id"),
        DAILY,
    )
    at: Mapped[datetime] = mapped_column(INSTANT, primary_key=True)
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(sa.Text)
    kind: Mapped[str] = mapped_column(sa.Text)
    took_us: Mapped[int] = mapped_column(sa.BigInteger)
    rows: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    sqlstate: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    of_company_id: Mapped[int | None] = mapped_column(sa.BigInteger, default=None)
    request_id: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    job_id: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    endpoint: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    line: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    actor: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    backend_pid: Mapped[int | None] = mapped_column(sa.Integer, default=None)


class Origin(Ours):
    """Where a statement is sent from."""

    __tablename__ = "query_origins"
    fingerprint: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    endpoint: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    line: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    calls: Mapped[int] = mapped_column(sa.BigInteger)
    total_us: Mapped[int] = mapped_column(sa.BigInteger)
    last_seen_at: Mapped[datetime] = mapped_column(INSTANT)


class Repeat(Ours):
    """A statement that one request sent again and again.

    Attributes:
        kind: `lazy`, `deferred`, `get` or `repeated`.
        times: In how many requests; `most`: how often in the worst of them, which is `request_id`.
        advice: The loader that mends it: `selectinload(Order.lines)`.
    """

    __tablename__ = "query_repeats"
    fingerprint: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    endpoint: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    line: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    kind: Mapped[str] = mapped_column(sa.Text)
    times: Mapped[int] = mapped_column(sa.BigInteger)
    most: Mapped[int] = mapped_column(sa.Integer)
    advice: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    request_id: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    first_seen_at: Mapped[datetime] = mapped_column(INSTANT)
    last_seen_at: Mapped[datetime] = mapped_column(INSTANT)


class Fold(Ours):
    """How far what one process shipped is folded: what arrives twice counts once.

    Attributes:
        source: One life of one process.
        number: Of its last batch that was folded.
        lost: Batches that never arrived; `dropped`: calls that found no room.
    """

    __tablename__ = "query_folds"
    source: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    number: Mapped[int] = mapped_column(sa.BigInteger)
    lost: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    dropped: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    at: Mapped[datetime] = mapped_column(INSTANT)


class ServerStatement(Ours):
    """One entry of pg_stat_statements.

    Attributes:
        key: `userid:queryid:toplevel`. The queryid is text: JavaScript cannot hold it as a number.
        fingerprint: Joins it to `Statement`; "" when its text does not parse.
    """

    __tablename__ = "server_statements"
    __table_args__ = (sa.Index("ix_server_statements_fingerprint", "fingerprint"),)
    key: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    queryid: Mapped[str] = mapped_column(sa.Text)
    role: Mapped[str] = mapped_column(sa.Text)
    is_toplevel: Mapped[bool] = mapped_column(sa.Boolean)
    text: Mapped[str] = mapped_column(sa.Text)
    fingerprint: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    first_seen_at: Mapped[datetime] = mapped_column(INSTANT)
    last_seen_at: Mapped[datetime] = mapped_column(INSTANT)


class ServerSums(Ours):
    """What PostgreSQL counted of one entry. Blocks are of 8 KiB."""

    __abstract__ = True
    key: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    calls: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    plans: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    rows: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    shared_blks_hit: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    shared_blks_read: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    shared_blks_dirtied: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    shared_blks_written: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    temp_blks_read: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    temp_blks_written: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    wal_bytes: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    plan_ms: Mapped[float] = mapped_column(sa.Double, default=0.0, server_default="0")
    exec_ms: Mapped[float] = mapped_column(sa.Double, default=0.0, server_default="0")
    read_ms: Mapped[float] = mapped_column(sa.Double, default=0.0, server_default="0")
    write_ms: Mapped[float] = mapped_column(sa.Double, default=0.0, server_default="0")


class ServerCounter(ServerSums):
    """The counters as they were read last: what is later is the difference."""

    __tablename__ = "server_counters"
    read_at: Mapped[datetime] = mapped_column(INSTANT)
    stats_since: Mapped[datetime | None] = mapped_column(INSTANT, default=None)


class ServerMinute(ServerSums):
    """One reading's difference; kept for eight days in daily partitions."""

    __tablename__ = "server_minutes"
    __table_args__ = (sa.Index("ix_server_minutes_key_at", "key", "at"), DAILY)
    at: Mapped[datetime] = mapped_column(INSTANT, primary_key=True)


class ServerHour(ServerSums):
    """One hour; kept for 90 days."""

    __tablename__ = "server_hours"
    __table_args__ = (sa.Index("ix_server_hours_key_at", "key", "at"),)
    at: Mapped[datetime] = mapped_column(INSTANT, primary_key=True)


class Plan(Ours):
    """One way a statement was planned.

    Attributes:
        structure: Hash of the shape: nodes, tables and indexes, no figures.
        how: `generic`, `analyze` or `shadow`.
        plan: The server's JSON with every literal removed.
    """

    __tablename__ = "query_plans"
    __table_args__ = (sa.Index("ix_query_plans_fingerprint_taken_at", "fingerprint", "taken_at"),)
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(sa.Text)
    structure: Mapped[str] = mapped_column(sa.Text)
    how: Mapped[str] = mapped_column(sa.Text)
    plan: Mapped[dict[str, Any]] = mapped_column(JSONB)  # Any: PostgreSQL's own
    cost: Mapped[float] = mapped_column(sa.Double)
    release: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    taken_at: Mapped[datetime] = mapped_column(INSTANT)
    last_seen_at: Mapped[datetime] = mapped_column(INSTANT)
    seen: Mapped[int] = mapped_column(sa.BigInteger, default=1, server_default="1")


class Change(Ours):
    """Something that happened to a statement or to what it stands on.

    Attributes:
        kind: `new`, `plan`, `slower`, `faster`, `timeouts`, `index`, `known` or `release`.
        told_at: When people were told of it; None when nobody had to be.
    """

    __tablename__ = "query_changes"
    __table_args__ = (
        sa.Index("ix_query_changes_fingerprint_at", "fingerprint", "at"),
        sa.Index("ix_query_changes_at", "at"),
    )
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    at: Mapped[datetime] = mapped_column(INSTANT)
    fingerprint: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    kind: Mapped[str] = mapped_column(sa.Text)
    sentence: Mapped[str] = mapped_column(sa.Text)
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, default_factory=dict, server_default="{}")  # Any: its figures
    told_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)


class Advice(Ours):
    """An index to make, or one to drop.

    Attributes:
        kind: `create`, `drop-unused`, `drop-duplicate` or `rebuild-invalid`.
        definition: The statement, concurrent, as somebody would run it.
        priority: `high`, `medium` or `low`.
        state: `open`, `dismissed`, `built`, `confirmed`, `worse` or `gone`.
        backend: What proved it: `hypopg`, `shadow` or `catalogue`.
        evidence: Costs before and after by statement, size, write cost, steps of evidence (docs/queries.md).
        verdict: The same statements' blocks and time before and after it was built.
    """

    __tablename__ = "index_advice"
    __table_args__ = (sa.Index("ix_index_advice_state_table_name", "state", "table_name"),)
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    kind: Mapped[str] = mapped_column(sa.Text)
    table_name: Mapped[str] = mapped_column(sa.Text)
    definition: Mapped[str] = mapped_column(sa.Text)
    reason: Mapped[str] = mapped_column(sa.Text)
    priority: Mapped[str] = mapped_column(sa.Text)
    state: Mapped[str] = mapped_column(sa.Text)
    backend: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    evidence: Mapped[dict[str, Any]] = mapped_column(JSONB, default_factory=dict, server_default="{}")  # Any: figures
    found_at: Mapped[datetime] = mapped_column(INSTANT)
    checked_at: Mapped[datetime] = mapped_column(INSTANT)
    built_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    index_name: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    verdict: Mapped[dict[str, Any] | None] = mapped_column(JSONB, default=None)  # Any: figures
    dismissed_by: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    dismissed_reason: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    version: Mapped[int] = mapped_column(sa.BigInteger, default=1, server_default="1")
