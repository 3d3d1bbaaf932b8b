"""A filter that somebody gave a name."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model


class SavedView(Model):
    """A named query string of the order list, its owner's alone unless shared with the company."""

    __tablename__ = "saved_views"
    __table_args__ = (
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.UniqueConstraint("company_id", "owner", "name"),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 60", name="name"),
        sa.CheckConstraint("length(query) <= 2000", name="query"),
    )

    company_id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    public_id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    owner: Mapped[str] = mapped_column(sa.Text)  # the user's public id: a platform admin is no user of this company
    name: Mapped[str] = mapped_column(sa.Text)
    query: Mapped[str] = mapped_column(sa.Text)
    is_shared: Mapped[bool] = mapped_column(sa.Boolean, default=False, server_default=sa.false())
    created_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
