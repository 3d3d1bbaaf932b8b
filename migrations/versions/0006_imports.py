"""Imports of orders and stock."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from app.core.rls import definer_function, protect

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NOW = sa.text("now()")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    create_imports()
    create_invoices()
    create_lines()
    create_skips()
    # A load changes a table tenfold in seconds; autovacuum looks a minute later, and plans made till then take minutes.
    definer_function(
        "analyse_imports()",
        returns="void",
        language="plpgsql",
        body="BEGIN ANALYZE public.import_lines, public.import_invoices, public.items; END",
    )


def create_imports() -> None:
    """One row a file that somebody brought."""
    op.create_table(
        "imports",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="uploaded"),
        sa.Column("job_id", sa.Text),
        sa.Column("preview", JSONB, nullable=False, server_default="{}"),
        sa.Column("report", JSONB),
        sa.Column("error", sa.Text, nullable=False, server_default=""),
        sa.Column("actor", JSONB, nullable=False),
        sa.Column("created_at", TIME, nullable=False, server_default=NOW),
        sa.Column("finished_at", TIME),
        # Ids are ULIDs: the key is also the order "newest first".
        sa.PrimaryKeyConstraint("company_id", "id", name="pk_imports"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_imports_company_id"),
        sa.ForeignKeyConstraint(
            ["company_id", "job_id"], ["jobs.company_id", "jobs.id"], name="fk_imports_company_id_job_id"
        ),
        sa.CheckConstraint("kind IN ('orders','inventory')", name=op.f("ck_imports_kind")),
        sa.CheckConstraint("state IN ('uploaded','running','done','failed')", name=op.f("ck_imports_state")),
        sa.CheckConstraint("size_bytes >= 0", name=op.f("ck_imports_size_bytes")),
    )
    protect("imports", app="SELECT, INSERT, UPDATE")


def create_invoices() -> None:
    """One row an invoice of a source: the order made of it. It makes importing twice harmless."""
    op.create_table(
        "import_invoices",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("invoice_no", sa.Text, nullable=False),
        sa.Column("import_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        # The wall clock of the company, as the file has it.
        sa.Column("first_at", sa.DateTime(timezone=False), nullable=False),
        sa.Column("order_number", sa.BigInteger),
        sa.Column("linked_number", sa.BigInteger),
        sa.PrimaryKeyConstraint("company_id", "source", "invoice_no", name="pk_import_invoices"),
        sa.ForeignKeyConstraint(
            ["company_id", "import_id"], ["imports.company_id", "imports.id"], name="fk_import_invoices_company_id_import_id"
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "order_number"], ["orders.company_id", "orders.number"],
            name="fk_import_invoices_company_id_order_number",
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "linked_number"], ["orders.company_id", "orders.number"],
            name="fk_import_invoices_company_id_linked_number",
        ),
        sa.CheckConstraint("kind IN ('sale','return','write-off','adjustment')", name=op.f("ck_import_invoices_kind")),
    )  # fmt: skip
    # What is still to be made into an order, oldest first: so a run that was killed goes on where it stopped.
    op.create_index(
        "ix_import_invoices_waiting", "import_invoices", ["company_id", "source", "first_at", "invoice_no"],
        postgresql_where=sa.text("order_number IS NULL AND kind IN ('sale','return')"),
    )  # fmt: skip
    # An order's page asks which invoice it came from.
    op.create_index(
        "ix_import_invoices_company_id_order_number", "import_invoices", ["company_id", "order_number"],
        postgresql_where=sa.text("order_number IS NOT NULL"),
    )  # fmt: skip
    protect("import_invoices", app="SELECT, INSERT, UPDATE")


def create_lines() -> None:
    """Every accepted line as it stood in the file: also the ledger of write-offs and adjustments, which move no stock."""
    op.create_table(
        "import_lines",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("invoice_no", sa.Text, nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("sku", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.Column("unit_price", sa.Numeric(14, 4), nullable=False),
        sa.Column("invoiced_at", sa.DateTime(timezone=False), nullable=False),
        sa.Column("customer_ref", sa.Text, nullable=False),
        sa.Column("country", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("company_id", "source", "invoice_no", "ordinal", name="pk_import_lines"),
        sa.ForeignKeyConstraint(
            ["company_id", "source", "invoice_no"],
            ["import_invoices.company_id", "import_invoices.source", "import_invoices.invoice_no"],
            name="fk_import_lines_company_id_source_invoice_no",
        ),
        sa.CheckConstraint(
            "kind IN ('sale','free','return','write-off','adjustment')", name=op.f("ck_import_lines_kind")
        ),
    )
    # The write-offs and adjustments of a source, listed apart: few among many.
    op.create_index(
        "ix_import_lines_apart", "import_lines", ["company_id", "source", "kind", "invoiced_at"],
        postgresql_where=sa.text("kind IN ('write-off','adjustment')"),
    )  # fmt: skip
    protect("import_lines", app="SELECT, INSERT")


def create_skips() -> None:
    """Every line that was left out, with its reason."""
    op.create_table(
        "import_skips",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("import_id", sa.Text, nullable=False),
        sa.Column("line_no", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("line", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("company_id", "import_id", "line_no", name="pk_import_skips"),
        sa.ForeignKeyConstraint(
            ["company_id", "import_id"],
            ["imports.company_id", "imports.id"],
            name="fk_import_skips_company_id_import_id",
        ),
    )
    protect("import_skips", app="SELECT, INSERT")


def downgrade() -> None:
    op.execute("DROP FUNCTION analyse_imports()")
    for table in ("import_skips", "import_lines", "import_invoices", "imports"):
        op.drop_table(table)
