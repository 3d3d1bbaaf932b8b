"""What PostgreSQL counted of its statements."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.queries.models.ours import DAILY, INSTANT, Ours


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
