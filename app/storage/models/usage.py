"""What is counted, what it may come to, and what it costs."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Model
from app.core.ids import CompanyId

INSTANT = sa.DateTime(timezone=True)


class UsageDelta(Model):
    """What one statement changed; written by a trigger on `stored_files`, folded away by the relay."""

    __tablename__ = "storage_deltas"
    __table_args__ = (sa.Index(None, "company_id"),)

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=True), primary_key=True, init=False)
    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"))
    category: Mapped[str] = mapped_column(sa.Text)
    provider: Mapped[str] = mapped_column(sa.Text)
    kind: Mapped[str] = mapped_column("class", sa.Text)
    bytes: Mapped[Decimal] = mapped_column(sa.Numeric(20))
    files: Mapped[int] = mapped_column(sa.BigInteger)


class UsageCount(Model):
    """What was folded so far: the usage of now is this plus the deltas."""

    __tablename__ = "storage_counts"

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    category: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    provider: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    kind: Mapped[str] = mapped_column("class", sa.Text, primary_key=True)
    bytes: Mapped[Decimal] = mapped_column(sa.Numeric(20), default=Decimal(0), server_default="0")
    files: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")


class UsageTotal(Model):
    """All a company has, in one row, for the list of companies by size; folded in the same statement.

    Attributes:
        full_on: When it will have filled its quota, if it goes on like this; None for not in sight.
    """

    __tablename__ = "storage_totals"
    __table_args__ = (
        sa.Index("ix_storage_totals_bytes", "bytes", "company_id"),
        sa.Index("ix_storage_totals_full_on", "full_on", "company_id", postgresql_where=sa.text("full_on IS NOT NULL")),
    )

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    bytes: Mapped[Decimal] = mapped_column(sa.Numeric(20), default=Decimal(0), server_default="0")
    files: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    full_on: Mapped[date | None] = mapped_column(sa.Date, default=None)


class UsageDay(Model):
    """What a company had at the end of a day (UTC), and what was asked of the provider for it that day.

    Only days on which something changed have a row: a day without one is as the day before it. Rows of categories are
    what is stored (live and trashed); the rows of category "" and provider "" are all that counts, pending too.

    Attributes:
        writes: Requests of class A: put, copy, list. `reads`: of class B: get, head.
        sent_bytes: Served by us from the provider, or signed for.
    """

    __tablename__ = "storage_days"
    __table_args__ = (sa.Index("ix_storage_days_day", "day"),)

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    category: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    provider: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    day: Mapped[date] = mapped_column(sa.Date, primary_key=True)
    bytes: Mapped[Decimal] = mapped_column(sa.Numeric(20), default=Decimal(0), server_default="0")
    files: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    writes: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    reads: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    sent_bytes: Mapped[Decimal] = mapped_column(sa.Numeric(20), default=Decimal(0), server_default="0")


class AllCount(Model):
    """`UsageCount` over all companies. Belongs to the installation."""

    __tablename__ = "storage_all_counts"

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    category: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    provider: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    kind: Mapped[str] = mapped_column("class", sa.Text, primary_key=True)
    bytes: Mapped[Decimal] = mapped_column(sa.Numeric(20), default=Decimal(0), server_default="0")
    files: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")


class AllDay(Model):
    """`UsageDay` over all companies. Belongs to the installation."""

    __tablename__ = "storage_all_days"

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    category: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    provider: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    day: Mapped[date] = mapped_column(sa.Date, primary_key=True)
    bytes: Mapped[Decimal] = mapped_column(sa.Numeric(20), default=Decimal(0), server_default="0")
    files: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    writes: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    reads: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    sent_bytes: Mapped[Decimal] = mapped_column(sa.Numeric(20), default=Decimal(0), server_default="0")


class Quota(Model):
    """How much a company may store, in all (category "") or in one category. No row means no limit.

    Attributes:
        soft_bytes: Above it people are warned. `hard_bytes`: above it nothing is taken. None for no limit.
        file_bytes: Largest single file.
        granted_bytes, granted_file_bytes: What the platform gave; the company's own admins may only lower it.
        warned_at: Since when more than the soft limit is used; people were told then.
    """

    __tablename__ = "storage_quotas"
    __table_args__ = (
        sa.CheckConstraint("soft_bytes IS NULL OR hard_bytes IS NULL OR soft_bytes <= hard_bytes", name="order"),
        sa.CheckConstraint("least(soft_bytes, hard_bytes, file_bytes) >= 0", name="not_negative"),
        sa.CheckConstraint(
            "(granted_bytes IS NULL OR coalesce(hard_bytes <= granted_bytes, false)) AND "
            "(granted_file_bytes IS NULL OR coalesce(file_bytes <= granted_file_bytes, false))",
            name="granted",
        ),
    )

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    category: Mapped[str] = mapped_column(sa.Text, primary_key=True, default="", server_default="")
    soft_bytes: Mapped[int | None] = mapped_column(sa.BigInteger)
    hard_bytes: Mapped[int | None] = mapped_column(sa.BigInteger)
    file_bytes: Mapped[int | None] = mapped_column(sa.BigInteger)
    granted_bytes: Mapped[int | None] = mapped_column(sa.BigInteger, default=None)
    granted_file_bytes: Mapped[int | None] = mapped_column(sa.BigInteger, default=None)
    warned_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    reason: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    actor: Mapped[dict[str, Any]] = mapped_column(JSONB, default_factory=dict, server_default="{}")
    updated_at: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=sa.func.now())
    version: Mapped[int] = mapped_column(sa.BigInteger, default=1, server_default="1")


class Price(Model):
    """Somebody's own prices of a provider, over the shipped table. Belongs to the installation.

    Attributes:
        provider: A row of the shipped table, or a name of their own.
        fields: As in the shipped table, decimals as text.
        as_of, source: When and where they were read.
    """

    __tablename__ = "storage_prices"

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    provider: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    name: Mapped[str] = mapped_column(sa.Text)
    fields: Mapped[dict[str, Any]] = mapped_column(JSONB)
    as_of: Mapped[date] = mapped_column(sa.Date)
    source: Mapped[str] = mapped_column(sa.Text)
    actor: Mapped[dict[str, Any]] = mapped_column(JSONB, default_factory=dict, server_default="{}")
    updated_at: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=sa.func.now())
    version: Mapped[int] = mapped_column(sa.BigInteger, default=1, server_default="1")
