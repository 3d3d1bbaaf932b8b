"""Imports, and what they brought: invoices, lines, lines left out."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Model
from app.core.ids import CompanyId

TIME = sa.DateTime(timezone=True)
WAITING = "order_number IS NULL AND kind IN ('sale','return')"


class ImportKind(StrEnum):
    """What a file brings."""

    ORDERS = "orders"
    INVENTORY = "inventory"


class ImportState(StrEnum):
    """Where an import is."""

    UPLOADED = "uploaded"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Import(Model):
    """One file that somebody brought."""

    __tablename__ = "imports"
    __table_args__ = (
        sa.CheckConstraint("kind IN ('orders','inventory')", name="kind"),
        sa.CheckConstraint("state IN ('uploaded','running','done','failed')", name="state"),
        sa.CheckConstraint("size_bytes >= 0", name="size_bytes"),
    )

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    kind: Mapped[str] = mapped_column(sa.Text)
    source: Mapped[str] = mapped_column(sa.Text)
    file_name: Mapped[str] = mapped_column(sa.Text)
    size_bytes: Mapped[int] = mapped_column(sa.BigInteger)
    actor: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(sa.Text, default=ImportState.UPLOADED.value, server_default="uploaded")
    job_id: Mapped[str | None] = mapped_column(sa.Text, default=None)
    preview: Mapped[dict[str, Any]] = mapped_column(JSONB, default_factory=dict, server_default="{}")
    report: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), default=None)
    error: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(TIME, default_factory=clock.now, server_default=sa.func.now())
    finished_at: Mapped[datetime | None] = mapped_column(TIME, default=None)


import_invoices = sa.Table(
    "import_invoices",
    Base.metadata,
    sa.Column("company_id", sa.BigInteger, primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("invoice_no", sa.Text, primary_key=True),
    sa.Column("import_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("first_at", sa.DateTime(timezone=False), nullable=False),
    sa.Column("order_number", sa.BigInteger),
    sa.Column("linked_number", sa.BigInteger),
    sa.ForeignKeyConstraint(["company_id", "import_id"], ["imports.company_id", "imports.id"]),
    sa.ForeignKeyConstraint(["company_id", "order_number"], ["orders.company_id", "orders.number"]),
    sa.ForeignKeyConstraint(["company_id", "linked_number"], ["orders.company_id", "orders.number"]),
    sa.CheckConstraint("kind IN ('sale','return','write-off','adjustment')", name="kind"),
    sa.Index(
        "ix_import_invoices_waiting",
        "company_id",
        "source",
        "first_at",
        "invoice_no",
        postgresql_where=sa.text(WAITING),
    ),
    sa.Index(None, "company_id", "order_number", postgresql_where=sa.text("order_number IS NOT NULL")),
)

import_lines = sa.Table(
    "import_lines",
    Base.metadata,
    sa.Column("company_id", sa.BigInteger, primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("invoice_no", sa.Text, primary_key=True),
    sa.Column("ordinal", sa.Integer, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("sku", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("quantity", sa.BigInteger, nullable=False),
    sa.Column("unit_price", sa.Numeric(14, 4), nullable=False),
    sa.Column("invoiced_at", sa.DateTime(timezone=False), nullable=False),
    sa.Column("customer_ref", sa.Text, nullable=False),
    sa.Column("country", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(
        ["company_id", "source", "invoice_no"],
        ["import_invoices.company_id", "import_invoices.source", "import_invoices.invoice_no"],
    ),
    sa.CheckConstraint("kind IN ('sale','free','return','write-off','adjustment')", name="kind"),
    sa.Index(
        "ix_import_lines_apart", "company_id", "source", "kind", "invoiced_at",
        postgresql_where=sa.text("kind IN ('write-off','adjustment')"),
    ),
)  # fmt: skip

import_skips = sa.Table(
    "import_skips",
    Base.metadata,
    sa.Column("company_id", sa.BigInteger, primary_key=True),
    sa.Column("import_id", sa.Text, primary_key=True),
    sa.Column("line_no", sa.BigInteger, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("line", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(["company_id", "import_id"], ["imports.company_id", "imports.id"]),
)
