"""What this application measured of its statements."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.histogram import Buckets
from app.queries.models.ours import DAILY, INSTANT, Ours


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
