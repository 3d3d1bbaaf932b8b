"""Items, stock and its movement ledger."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from app.core.rls import definer_function, owner_reads, protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NOW = sa.text("now()")
KINDS = "'opening','adjustment','recount','stock-take','shipment','return','import'"


def upgrade() -> None:
    create_items()
    create_search()
    create_stock_movements()
    create_stock_takes()


def create_items() -> None:
    """What a company sells or owns. Each index serves one list of the inventory page."""
    op.create_table(
        "items",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("sku", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False, server_default="product"),
        sa.Column("category", sa.Text, nullable=False, server_default=""),
        sa.Column("unit_price", sa.Numeric(14, 4), nullable=False, server_default="0"),
        sa.Column("on_hand", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("reserved", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("available", sa.BigInteger, sa.Computed("on_hand - reserved", persisted=True)),
        sa.Column("reorder_point", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column("edits", JSONB, nullable=False, server_default="{}"),
        sa.Column("archived_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=NOW),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=NOW),
        sa.Column("search_text", sa.Text, sa.Computed("lower(sku || ' ' || name || ' ' || category)", persisted=True)),
        sa.PrimaryKeyConstraint("company_id", "id", name="pk_items"),
        sa.UniqueConstraint("company_id", "sku", name="uq_items_company_id_sku"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_items_company_id"),
        sa.CheckConstraint("kind IN ('product','asset')", name=op.f("ck_items_kind")),
        sa.CheckConstraint("on_hand >= 0", name=op.f("ck_items_on_hand")),
        sa.CheckConstraint("reserved >= 0 AND reserved <= on_hand", name=op.f("ck_items_reserved")),
        sa.CheckConstraint("reorder_point >= 0", name=op.f("ck_items_reorder_point")),
        sa.CheckConstraint("unit_price >= 0", name=op.f("ck_items_unit_price")),
        sa.CheckConstraint("sku <> '' AND length(sku) <= 100", name=op.f("ck_items_sku")),
    )
    # One per order of the list; the row's id makes positions unique.
    op.create_index("ix_items_company_id_name_id", "items", ["company_id", "name", "id"])
    op.create_index("ix_items_company_id_available_id", "items", ["company_id", "available", "id"])
    op.create_index("ix_items_company_id_updated_at_id", "items", ["company_id", "updated_at", "id"])
    op.create_index("ix_items_company_id_category_sku", "items", ["company_id", "category", "sku"])
    # The verdict line and the views "out or low" and "assets" read a handful of many.
    op.create_index(
        "ix_items_short", "items", ["company_id", "available", "id"],
        postgresql_where=sa.text("available <= reorder_point AND archived_at IS NULL"),
    )  # fmt: skip
    op.create_index(
        "ix_items_archived", "items", ["company_id", "sku"], postgresql_where=sa.text("archived_at IS NOT NULL")
    )
    op.create_index("ix_items_assets", "items", ["company_id", "sku"], postgresql_where=sa.text("kind = 'asset'"))
    protect("items", app="SELECT, INSERT, UPDATE")
    owner_reads("items")


def create_search() -> None:
    """LIKE is not leakproof, so under row-level security it never reaches an index: a function does it.

    It compares the company itself. Words are ANDed; each is a LIKE pattern of the lower-cased text.
    """
    op.create_index(
        "ix_items_search", "items", ["company_id", "search_text"],
        postgresql_using="gin", postgresql_ops={"search_text": "gin_trgm_ops"},
    )  # fmt: skip
    definer_function(
        "search_items(word1 text, word2 text, word3 text, most integer)",
        returns="SETOF bigint",
        roles="qd_app",
        language="sql STABLE ROWS 100",
        body="""
        SELECT id FROM items
        WHERE company_id = nullif(current_setting('qd.company_id', true), '')::bigint
          AND search_text LIKE word1 AND search_text LIKE word2 AND search_text LIKE word3
        LIMIT most
        """,
    )


def create_stock_movements() -> None:
    """The ledger: the app may add and read, never change."""
    op.create_table(
        "stock_movements",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("item_id", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("delta", sa.BigInteger, nullable=False),
        sa.Column("on_hand_after", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("note", sa.Text, nullable=False, server_default=""),
        sa.Column("order_number", sa.BigInteger),
        sa.Column("source_ref", sa.Text),
        sa.Column("actor", JSONB, nullable=False, server_default="{}"),
        sa.Column("request_id", sa.Text, nullable=False, server_default=""),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False, server_default=NOW),
        sa.PrimaryKeyConstraint("company_id", "id", name="pk_stock_movements"),
        sa.ForeignKeyConstraint(
            ["company_id", "item_id"], ["items.company_id", "items.id"], name="fk_stock_movements_company_id"
        ),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f("ck_stock_movements_kind")),
        sa.CheckConstraint("on_hand_after >= 0", name=op.f("ck_stock_movements_on_hand_after")),
    )
    op.create_index("ix_stock_movements_company_id_item_id_id", "stock_movements", ["company_id", "item_id", "id"])
    op.create_index(
        "ix_stock_movements_company_id_order_number", "stock_movements", ["company_id", "order_number"],
        postgresql_where=sa.text("order_number IS NOT NULL"),
    )  # fmt: skip
    # The sales line of every row of a list is one index-only scan.
    op.create_index(
        "ix_stock_movements_sold", "stock_movements", ["company_id", "item_id", "occurred_at"],
        postgresql_include=["delta"], postgresql_where=sa.text("kind = 'shipment'"),
    )  # fmt: skip
    protect("stock_movements", app="SELECT, INSERT")


def create_stock_takes() -> None:
    """Sheets to count on."""
    op.create_table(
        "stock_takes",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("public_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("actor", JSONB, nullable=False),
        sa.Column("line_count", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(20), nullable=False, server_default="open"),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=NOW),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("company_id", "id", name="pk_stock_takes"),
        sa.UniqueConstraint("company_id", "public_id", name="uq_stock_takes_company_id_public_id"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_stock_takes_company_id"),
        sa.CheckConstraint("state IN ('open','closed','discarded')", name=op.f("ck_stock_takes_state")),
    )
    protect("stock_takes", app="SELECT, INSERT, UPDATE")
    op.create_table(
        "stock_take_lines",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("stock_take_id", sa.BigInteger, nullable=False),
        sa.Column("item_id", sa.BigInteger, nullable=False),
        sa.Column("expected", sa.BigInteger, nullable=False),
        sa.Column("counted", sa.BigInteger),
        sa.Column("counted_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("company_id", "stock_take_id", "item_id", name="pk_stock_take_lines"),
        sa.ForeignKeyConstraint(
            ["company_id", "stock_take_id"], ["stock_takes.company_id", "stock_takes.id"],
            name="fk_stock_take_lines_company_id_sheet",
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "item_id"], ["items.company_id", "items.id"], name="fk_stock_take_lines_company_id_item"
        ),
        sa.CheckConstraint("counted >= 0", name=op.f("ck_stock_take_lines_counted")),
    )  # fmt: skip
    op.create_index("ix_stock_take_lines_company_id_item_id", "stock_take_lines", ["company_id", "item_id"])
    protect("stock_take_lines", app="SELECT, INSERT, UPDATE")


def downgrade() -> None:
    op.execute("DROP FUNCTION search_items(text, text, text, integer)")
    for table in ("stock_take_lines", "stock_takes", "stock_movements", "items"):
        op.drop_table(table)
