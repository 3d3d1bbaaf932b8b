"""The audit's table: written by the sequencer together with the event log, read here."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model
from app.core.ids import CompanyId

JSON = dict[str, Any]  # Any: JSON


class AuditEntry(Model):
    """One fact: who, what, why, and what changed.

    Attributes:
        id: The event's ULID, sortable by time.
        row_id: The object it is about, as its topic names rows.
        actor_id: The person's public id; None for the system.
    """

    __tablename__ = "audit"
    __table_args__ = (
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        # Read inside one company and, by platform admins, over all of them: so each filter stands first.
        sa.Index("ix_audit_topic_company_id_id", "topic", "company_id", "id"),
        sa.Index("ix_audit_type_company_id_id", "type", "company_id", "id"),
        sa.Index("ix_audit_row_id_company_id_id", "row_id", "company_id", "id"),
        sa.Index("ix_audit_actor_id_id", "actor_id", "id"),
        sa.Index("ix_audit_request_id_id", "request_id", "id"),
        sa.Index("ix_audit_id", "id"),
    )

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, primary_key=True)
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    topic: Mapped[str] = mapped_column(sa.Text)
    seq: Mapped[int] = mapped_column(sa.BigInteger)
    type: Mapped[str] = mapped_column(sa.Text)
    row_id: Mapped[str | None] = mapped_column(sa.Text)
    actor_id: Mapped[str | None] = mapped_column(sa.Text)
    actor: Mapped[JSON] = mapped_column(JSONB)
    data: Mapped[JSON] = mapped_column(JSONB)
    reason: Mapped[str] = mapped_column(sa.Text, server_default="")
    request_id: Mapped[str] = mapped_column(sa.Text)
    occurred_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
