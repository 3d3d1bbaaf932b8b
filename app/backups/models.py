"""The table of drills. Backups themselves are files with a manifest, which survive the loss of every table."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model
from app.core.ids import CompanyId, new_ulid

INSTANT = sa.DateTime(timezone=True)


class Drill(Model):
    """One backup, restored into an empty server to see whether it can be.

    Attributes:
        backup: Its name.
        verdict: A sentence.
        differences: What was not as the manifest says, a sentence each.
        tables, rows: What was restored.
        steps: What was done, and the seconds it took: `[{"name": "Restoring", "seconds": 4.1}]`.
    """

    __tablename__ = "backup_drills"
    __table_args__ = (sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),)

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default_factory=new_ulid)
    backup: Mapped[str] = mapped_column(sa.Text)
    is_good: Mapped[bool] = mapped_column(sa.Boolean)
    verdict: Mapped[str] = mapped_column(sa.Text)
    differences: Mapped[list[str]] = mapped_column(JSONB, default_factory=list, server_default="[]")
    tables: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    rows: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    actor: Mapped[dict[str, Any]] = mapped_column(JSONB)
    started_at: Mapped[datetime] = mapped_column(INSTANT)
    ended_at: Mapped[datetime] = mapped_column(INSTANT)
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default_factory=list, server_default="[]")
