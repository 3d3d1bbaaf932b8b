"""The table of reports that were asked for."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Model
from app.core.ids import CompanyId, new_ulid

INSTANT = sa.DateTime(timezone=True)


class Report(Model):
    """One report: what of, and where its files are once it is made.

    Attributes:
        since, until: The period, from the first instant to just before the last.
        period: What people read: `1 Nov 2026 to 21 Nov 2026`.
        zone: Where its days begin: the company's time zone.
        mail_to: Public ids of people who get the files.
        files: By format: name, size in bytes, SHA-256.
        totals: A line for each currency: label and value, as text.
    """

    __tablename__ = "reports"
    __table_args__ = (
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.CheckConstraint("kind IN ('sales','inventory','financial')", name="kind"),
        sa.CheckConstraint("since < until", name="period"),
        sa.Index("ix_reports_id", "id"),
    )

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default_factory=new_ulid)
    kind: Mapped[str] = mapped_column(sa.Text)
    formats: Mapped[list[str]] = mapped_column(ARRAY(sa.Text))
    since: Mapped[datetime] = mapped_column(INSTANT)
    until: Mapped[datetime] = mapped_column(INSTANT)
    period: Mapped[str] = mapped_column(sa.Text)
    zone: Mapped[str] = mapped_column(sa.Text)
    mail_to: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default_factory=list, server_default="{}")
    actor: Mapped[dict[str, Any]] = mapped_column(JSONB)
    job_id: Mapped[str | None] = mapped_column(sa.Text, default=None)
    files: Mapped[dict[str, Any]] = mapped_column(JSONB, default_factory=dict, server_default="{}")
    totals: Mapped[list[str]] = mapped_column(JSONB, default_factory=list, server_default="[]")
    created_at: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=sa.func.now())
    finished_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)

    @property
    def title(self) -> str:
        """What it is called."""
        return f"{self.kind.capitalize()} report"
