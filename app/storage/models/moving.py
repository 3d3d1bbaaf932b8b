"""Where new files go, and migrations from one provider to another. All belong to the installation."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Model
from app.core.ids import CompanyId, new_ulid

INSTANT = sa.DateTime(timezone=True)
PHASES = ("planned", "copying", "verifying", "ready", "switching", "soaking", "removing", "done", "rolling-back", "rolled-back", "stopped")  # fmt: skip


class Routing(Model):
    """Where new files go: one row, made by the first migration that switches; without it the settings say.

    Attributes:
        writes_to: The provider of new files; "" for `STORAGE_PROVIDER`.
        mirrors_to: A second provider that gets a copy of each; "" for none.
    """

    __tablename__ = "storage_routing"

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    writes_to: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    mirrors_to: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    reason: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    revision: Mapped[int] = mapped_column(sa.BigInteger, default=1, server_default="1")
    updated_at: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=sa.func.now())


class Migration(Model):
    """One move of files from a provider to another.

    Attributes:
        filters: Which files: `company`, `category`; empty for all.
        plan: What the dry run said: files, bytes, requests, cost, seconds.
        options: `objects_per_s`, `bytes_per_s`, `verify_percent`, `threads`, `window` (hours of the day); live.
        figures: Files and bytes by state, kept by the job; what is shown while it runs.
        phase: Where it stands. `is_paused` stops any of them between two files.
        grace_until: The source keeps its files at least so long after the switch.
    """

    __tablename__ = "storage_migrations"
    __table_args__ = (
        sa.CheckConstraint(f"phase IN ({','.join(map(repr, PHASES))})", name="phase"),
        sa.CheckConstraint("source <> target", name="ends"),
        # One at a time: two would fight over the same files.
        sa.Index(
            "uq_storage_migrations_running", "company_id", unique=True,
            postgresql_where=sa.text("phase NOT IN ('planned','done','rolled-back','stopped')"),
        ),
    )  # fmt: skip

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default_factory=new_ulid)
    source: Mapped[str] = mapped_column(sa.Text)
    target: Mapped[str] = mapped_column(sa.Text)
    filters: Mapped[dict[str, Any]] = mapped_column(JSONB, default_factory=dict, server_default="{}")
    plan: Mapped[dict[str, Any]] = mapped_column(JSONB, default_factory=dict, server_default="{}")
    options: Mapped[dict[str, Any]] = mapped_column(JSONB, default_factory=dict, server_default="{}")
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB, default_factory=dict, server_default="{}")
    phase: Mapped[str] = mapped_column(sa.Text, default="planned", server_default="planned")
    is_paused: Mapped[bool] = mapped_column(sa.Boolean, default=False, server_default=sa.false())
    job_id: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    error: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    reason: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    actor: Mapped[dict[str, Any]] = mapped_column(JSONB, default_factory=dict, server_default="{}")
    created_at: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=sa.func.now())
    started_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    switched_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    grace_until: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    ended_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    version: Mapped[int] = mapped_column(sa.BigInteger, default=1, server_default="1")


class Move(Model):
    """One file of a migration. Its company is the file's, so that row-level security holds for it.

    Attributes:
        state: waiting, copied, verified, switched, removed; failed (tried again), lost (not at the source any more).
        etag: At the target.
    """

    __tablename__ = "storage_moves"
    __table_args__ = (
        sa.CheckConstraint(
            "state IN ('waiting','copied','verified','switched','removed','failed','lost','gone')", name="state"
        ),
        sa.Index(None, "migration_id", "state", "file_id"),
    )

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    migration_id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    file_id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    key: Mapped[str] = mapped_column(sa.Text)
    size_bytes: Mapped[int] = mapped_column(sa.BigInteger)
    state: Mapped[str] = mapped_column(sa.Text, default="waiting", server_default="waiting")
    sha256: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    etag: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    tries: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    error: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    moved_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
