"""An order form somebody sent in, what was read in it, and the order a person made of it."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Model
from app.core.ids import CompanyId
from app.documents.states import DocumentState

INSTANT = sa.DateTime(timezone=True)


class Document(Model):
    """One photo or PDF.

    Attributes:
        kind: What the bytes are, whatever the file was called: png, jpeg, webp, pdf.
        lines: Proposed order lines: `{"text", "sku", "name", "quantity", "unitPrice", "confidence", "others"}`.
        customer: Who seems to order.
    """

    __tablename__ = "documents"
    __table_args__ = (
        sa.CheckConstraint("state IN ('reading','read','failed','ordered','discarded')", name="state"),
        sa.CheckConstraint("kind IN ('png','jpeg','webp','pdf')", name="kind"),
    )

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    file_name: Mapped[str] = mapped_column(sa.Text)
    kind: Mapped[str] = mapped_column(sa.Text)
    size_bytes: Mapped[int] = mapped_column(sa.BigInteger)
    actor: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(sa.Text, default=DocumentState.READING.value, server_default="reading")
    text: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default_factory=list, server_default="[]")
    customer: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    error: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    job_id: Mapped[str | None] = mapped_column(sa.Text, default=None)
    order_number: Mapped[int | None] = mapped_column(sa.BigInteger, default=None)
    created_at: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=sa.func.now())
    read_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
