"""What a person wrote about an order."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model


class OrderNote(Model):
    """A note: written once, never changed."""

    __tablename__ = "order_notes"
    __table_args__ = (
        sa.ForeignKeyConstraint(["company_id", "order_number"], ["orders.company_id", "orders.number"]),
        sa.CheckConstraint("length(text) BETWEEN 1 AND 5000", name="text"),
        sa.UniqueConstraint("company_id", "order_number", "dedupe_key"),
    )

    company_id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    order_number: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    note_no: Mapped[int] = mapped_column(sa.Integer, primary_key=True, autoincrement=False)
    text: Mapped[str] = mapped_column(sa.Text)
    author: Mapped[str] = mapped_column(sa.Text)
    created_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
    # Names the bulk act that wrote it: a job that runs again must not write it again.
    dedupe_key: Mapped[str | None] = mapped_column(sa.Text, default=None)
    # The version that the order got by it: what was changed since a version, notes aside, is told by these.
    order_version: Mapped[int | None] = mapped_column(sa.BigInteger, default=None)
