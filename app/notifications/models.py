"""The table of notifications."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Model
from app.core.ids import CompanyId, UserId, new_ulid

INSTANT = sa.DateTime(timezone=True)
# Tone, icon: what a kind looks like. A kind nobody wrote down gets a bell.
LOOKS = {
    "report-ready": ("good", "file-text"),
    "export-ready": ("good", "download"),
    "backup-failed": ("bad", "octagon-alert"),
    "drill-failed": ("bad", "octagon-alert"),
    "schedule-missed": ("warn", "clock"),
    "queue-behind": ("warn", "layers"),
    "late-orders": ("warn", "receipt-text"),
    "quota-near": ("warn", "hard-drive"),
    "slow-query": ("warn", "timer"),
    "database-trouble": ("bad", "timer"),
}


class Notification(Model):
    """One sentence for one person of the company.

    Attributes:
        link: A path on this site that shows what it is about; empty for none.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.ForeignKeyConstraint(["company_id", "user_id"], ["users.company_id", "users.id"]),
        sa.Index("ix_notifications_company_id_user_id_id", "company_id", "user_id", "id"),
        sa.Index("ix_notifications_unread", "company_id", "user_id", postgresql_where=sa.text("read_at IS NULL")),
        sa.Index("ix_notifications_read_at", "read_at"),
    )

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default_factory=new_ulid)
    user_id: Mapped[UserId] = mapped_column(sa.BigInteger)
    kind: Mapped[str] = mapped_column(sa.Text)
    text: Mapped[str] = mapped_column(sa.Text)
    link: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=sa.func.now())
    read_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)

    @property
    def look(self) -> tuple[str, str]:
        """Tone and icon."""
        return LOOKS.get(self.kind, ("idle", "bell"))
