"""What was found out: how statements are planned, what happened to them, which indexes are advised."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.queries.models.ours import INSTANT, Ours


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
        kind: `new`, `plan`, `slower`, `faster`, `timeouts`, `index`, `known`, `release` or `forgotten`.
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
