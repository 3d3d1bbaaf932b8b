"""What is kept about breakers. Rows belong to the installation: company_id is the platform company's."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Model
from app.core.ids import CompanyId, new_ulid

JSON = dict[str, Any]  # Any: JSON
INSTANT = sa.DateTime(timezone=True)
NOW = sa.func.now()
STATES = "'CLOSED','OPEN','HALF_OPEN','DISABLED','FORCED_OPEN','METRICS_ONLY'"


class BreakerRow(Model):
    """What people changed about a breaker; one nobody touched has only its code's settings.

    Attributes:
        config: Overrides in resilience4j's names (camelCase).
        forced_state: FORCED_OPEN, DISABLED (lets everything through) or METRICS_ONLY, until `forced_until` (None for ever).
        version: Of `config`, for two editors at once.
        changed_in: The installation's revision that last changed it.
        reset_in: The revision that last reset it.
    """

    __tablename__ = "breakers"
    __table_args__ = (
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.CheckConstraint("name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'", name="name"),
        sa.CheckConstraint(f"forced_state IN ({STATES})", name="forced_state"),
        sa.Index("ix_breakers_company_id_changed_in", "company_id", "changed_in"),
    )

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, primary_key=True)
    name: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    description: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    config: Mapped[JSON] = mapped_column(JSONB, default_factory=dict, server_default="{}")
    forced_state: Mapped[str | None] = mapped_column(sa.Text, default=None)
    forced_reason: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    forced_by: Mapped[JSON] = mapped_column(JSONB, default_factory=dict, server_default="{}")
    forced_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    forced_until: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    version: Mapped[int] = mapped_column(sa.BigInteger, default=1, server_default="1")
    changed_in: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    reset_in: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    changed_at: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=NOW)


class BreakerTransition(Model):
    """One change of state.

    Attributes:
        reach: `fleet` for all processes together, `process` for one that stands alone (ejected, or Valkey away).
        evidence: The window's figures and the last error's class, as they were.
    """

    __tablename__ = "breaker_transitions"
    __table_args__ = (
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.CheckConstraint("reach IN ('fleet','process')", name="reach"),
        sa.CheckConstraint(f"to_state IN ({STATES})", name="to_state"),
        sa.Index("ix_breaker_transitions_company_id_name_at", "company_id", "name", "at"),
    )

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, primary_key=True)
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default_factory=new_ulid, kw_only=True)
    name: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[datetime] = mapped_column(INSTANT)
    from_state: Mapped[str] = mapped_column(sa.Text)
    to_state: Mapped[str] = mapped_column(sa.Text)
    generation: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    reach: Mapped[str] = mapped_column(sa.Text, default="fleet", server_default="fleet")
    process: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    reason: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    evidence: Mapped[JSON] = mapped_column(JSONB, default_factory=dict, server_default="{}")
    actor: Mapped[JSON] = mapped_column(JSONB, default_factory=dict, server_default="{}")


class BreakerMinute(Model):
    """Calls of one minute, by the kind of process that made them."""

    __tablename__ = "breaker_minutes"
    __table_args__ = (
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.Index("ix_breaker_minutes_company_id_at", "company_id", "at"),
    )

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, primary_key=True)
    name: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    at: Mapped[datetime] = mapped_column(INSTANT, primary_key=True)
    process_kind: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    calls: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    failures: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    slow: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    rejected: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
