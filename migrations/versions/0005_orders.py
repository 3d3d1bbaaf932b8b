"""Orders, lines, shipments."""

import sqlalchemy as sa
from alembic import op

from app.core.rls import definer_function, owner_reads, protect

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NOW = sa.text("now()")
TIME = sa.DateTime(timezone=True)
ORDER = ["orders.company_id", "orders.number"]
# Searches look at no more than this many rows of one kind, so that a name half the customers have stays fast.
SEARCH_CAP = 1000
SEARCH_WALK = 20_000


def upgrade() -> None:
    create_orders()
    index_orders()
    create_lines()
    create_shipments()
    create_notes()
    create_saved_views()
    create_search()


def create_orders() -> None:
    """Orders are numbered per company, so the company is in every key."""
    op.create_table(
        "order_counters",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("last_number", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("company_id", name="pk_order_counters"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_order_counters_company_id"),
    )
    protect("order_counters", app="SELECT, INSERT, UPDATE")
    op.create_table(
        "orders",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("customer_name", sa.Text, nullable=False),
        sa.Column("customer_email", sa.Text),
        sa.Column("customer_ref", sa.Text),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("total_minor", sa.BigInteger, nullable=False),
        sa.Column("line_count", sa.Integer, nullable=False),
        sa.Column("unit_count", sa.BigInteger, nullable=False),
        sa.Column("returned_units", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("external_ref", sa.Text),
        sa.Column("placed_at", TIME, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        *[
            sa.Column(f"{state}_at", TIME)
            for state in ("paid", "packed", "shipped", "delivered", "cancelled", "returned")
        ],
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("company_id", "number", name="pk_orders"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_orders_company_id"),
        sa.CheckConstraint(
            "state IN ('placed','paid','packed','shipped','delivered','cancelled','returned')",
            name=op.f("ck_orders_state"),
        ),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_orders_currency")),
    )
    # No DELETE: an order is cancelled or returned, never gone.
    protect("orders", app="SELECT, INSERT, UPDATE")


def index_orders() -> None:
    """One index per order of a list. Newest first, the default, is the primary key read backwards."""
    # Open by due date, and with it Late and To pack: small, because most orders are done.
    op.create_index(
        "ix_orders_open", "orders", ["company_id", "due_at", "number"],
        postgresql_where=sa.text("state IN ('placed', 'paid', 'packed')"),
    )  # fmt: skip
    # The tab Returns: few rows far apart, which walking the primary key would not find in time.
    op.create_index(
        "ix_orders_returns", "orders", ["company_id", "number"],
        postgresql_where=sa.text("state = 'returned' OR returned_units > 0"),
    )  # fmt: skip
    # The filter on one state, for the rare ones (cancelled).
    op.create_index("ix_orders_company_id_state_number", "orders", ["company_id", "state", "number"])
    # The other three columns that sort.
    op.create_index("ix_orders_company_id_due_at_number", "orders", ["company_id", "due_at", "number"])
    op.create_index("ix_orders_company_id_placed_at_number", "orders", ["company_id", "placed_at", "number"])
    op.create_index("ix_orders_company_id_total_minor_number", "orders", ["company_id", "total_minor", "number"])
    # The platform admin's list over all companies, newest first: the only one that does not start with the company.
    op.create_index("ix_orders_placed_at_company_id_number", "orders", ["placed_at", "company_id", "number"])
    # Search: what people paste (their own reference, an e-mail address), and part of a name.
    op.create_index(
        "ix_orders_company_id_external_ref_number", "orders", ["company_id", "external_ref", "number"],
        postgresql_where=sa.text("external_ref IS NOT NULL"),
    )  # fmt: skip
    op.create_index(
        "ix_orders_company_id_customer_email_number", "orders", ["company_id", "customer_email", "number"],
        postgresql_where=sa.text("customer_email IS NOT NULL"),
    )  # fmt: skip
    op.create_index(
        "ix_orders_customer_trigram", "orders", ["company_id", "customer_name"],
        postgresql_using="gin", postgresql_ops={"customer_name": "gin_trgm_ops"},
    )  # fmt: skip


def create_lines() -> None:
    """What was ordered. `reserved`, `shipped` and `returned` tell how far each line is."""
    op.create_table(
        "order_lines",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("order_number", sa.BigInteger, nullable=False),
        sa.Column("line_no", sa.Integer, nullable=False),
        sa.Column("item_id", sa.BigInteger, nullable=False),
        sa.Column("sku", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.Column("unit_price", sa.Numeric(14, 4), nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        *[
            sa.Column(name, sa.BigInteger, nullable=False, server_default="0")
            for name in ("reserved", "shipped", "returned")
        ],
        sa.PrimaryKeyConstraint("company_id", "order_number", "line_no", name="pk_order_lines"),
        sa.ForeignKeyConstraint(["company_id", "order_number"], ORDER, name="fk_order_lines_company_id_order_number"),
        sa.ForeignKeyConstraint(
            ["company_id", "item_id"], ["items.company_id", "items.id"], name="fk_order_lines_company_id_item_id"
        ),
        sa.CheckConstraint("quantity <> 0", name=op.f("ck_order_lines_quantity")),
        sa.CheckConstraint("unit_price >= 0", name=op.f("ck_order_lines_unit_price")),
        sa.CheckConstraint(
            "reserved >= 0 AND shipped >= 0 AND returned >= 0 AND returned <= shipped "
            "AND reserved + shipped <= greatest(quantity, 0)",
            name=op.f("ck_order_lines_units"),
        ),
    )
    # Search by SKU, newest order first.
    op.create_index("ix_order_lines_company_id_sku_order_number", "order_lines", ["company_id", "sku", "order_number"])
    # Which orders hold this item's stock: small, because reservations end.
    op.create_index(
        "ix_order_lines_reserved", "order_lines", ["company_id", "item_id", "order_number"],
        postgresql_where=sa.text("reserved > 0"),
    )  # fmt: skip
    # DELETE: the lines of an order that is not paid yet can change.
    protect("order_lines")


def create_shipments() -> None:
    """Parcels, and how many units of which line are in each."""
    op.create_table(
        "shipments",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("order_number", sa.BigInteger, nullable=False),
        sa.Column("shipment_no", sa.Integer, nullable=False),
        sa.Column("carrier", sa.Text, nullable=False),
        sa.Column("tracking_number", sa.Text),
        sa.Column("shipped_at", TIME, nullable=False),
        sa.Column("shipped_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("company_id", "order_number", "shipment_no", name="pk_shipments"),
        sa.ForeignKeyConstraint(["company_id", "order_number"], ORDER, name="fk_shipments_company_id_order_number"),
    )
    # Search by tracking number, as a customer reads it out.
    op.create_index(
        "ix_shipments_company_id_tracking_number_order_number", "shipments",
        ["company_id", "tracking_number", "order_number"], postgresql_where=sa.text("tracking_number IS NOT NULL"),
    )  # fmt: skip
    protect("shipments", app="SELECT, INSERT")
    op.create_table(
        "shipment_lines",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("order_number", sa.BigInteger, nullable=False),
        sa.Column("shipment_no", sa.Integer, nullable=False),
        sa.Column("line_no", sa.Integer, nullable=False),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("company_id", "order_number", "shipment_no", "line_no", name="pk_shipment_lines"),
        sa.ForeignKeyConstraint(
            ["company_id", "order_number", "shipment_no"],
            ["shipments.company_id", "shipments.order_number", "shipments.shipment_no"],
            name="fk_shipment_lines_company_id_order_number_shipment_no",
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "order_number", "line_no"],
            ["order_lines.company_id", "order_lines.order_number", "order_lines.line_no"],
            name="fk_shipment_lines_company_id_order_number_line_no",
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_shipment_lines_quantity")),
    )
    protect("shipment_lines", app="SELECT, INSERT")


def create_notes() -> None:
    """What people wrote; kept as long as the order, longer than the event log."""
    op.create_table(
        "order_notes",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("order_number", sa.BigInteger, nullable=False),
        sa.Column("note_no", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("dedupe_key", sa.Text),
        sa.PrimaryKeyConstraint("company_id", "order_number", "note_no", name="pk_order_notes"),
        sa.UniqueConstraint(
            "company_id", "order_number", "dedupe_key", name="uq_order_notes_company_id_order_number_dedupe_key"
        ),
        sa.ForeignKeyConstraint(["company_id", "order_number"], ORDER, name="fk_order_notes_company_id_order_number"),
        sa.CheckConstraint("length(text) BETWEEN 1 AND 5000", name=op.f("ck_order_notes_text")),
    )
    protect("order_notes", app="SELECT, INSERT")


def create_saved_views() -> None:
    """Named filters."""
    op.create_table(
        "saved_views",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("public_id", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("is_shared", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("company_id", "public_id", name="pk_saved_views"),
        sa.UniqueConstraint("company_id", "owner", "name", name="uq_saved_views_company_id_owner_name"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_saved_views_company_id"),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 60", name=op.f("ck_saved_views_name")),
        sa.CheckConstraint("length(query) <= 2000", name=op.f("ck_saved_views_query")),
    )
    protect("saved_views", app="SELECT, INSERT, DELETE")


def create_search() -> None:
    """Search under row-level security.

    ILIKE is not leakproof, so a plain query of the app role would read every row of the company before it looks at
    a name. This function runs as the owner and compares the company itself; it returns numbers, and the caller
    reads those rows under the policies again.
    """
    for table in ("orders", "order_lines", "shipments"):
        owner_reads(table)
    company = "nullif(current_setting('qd.company_id', true), '')::bigint"
    definer_function(
        "search_orders(term text, pattern text)",
        returns="SETOF bigint",
        language="plpgsql",
        # Planned anew each time (EXECUTE): the best way to a rare name and to a common one differ.
        body=f"""
        DECLARE found bigint;
        BEGIN
          RETURN QUERY EXECUTE $query$
            SELECT number FROM orders WHERE company_id = $1 AND $2 ~ '^[0-9]{{1,18}}$'
               AND number = (CASE WHEN $2 ~ '^[0-9]{{1,18}}$' THEN $2 END)::bigint
            UNION
            (SELECT number FROM orders WHERE company_id = $1 AND external_ref = $2 ORDER BY number DESC LIMIT {SEARCH_CAP})
            UNION
            (SELECT number FROM orders WHERE company_id = $1 AND customer_email = lower($2)
              ORDER BY number DESC LIMIT {SEARCH_CAP})
            UNION
            (SELECT order_number FROM order_lines WHERE company_id = $1 AND sku = $2
              GROUP BY order_number ORDER BY order_number DESC LIMIT {SEARCH_CAP})
            UNION
            (SELECT order_number FROM shipments WHERE company_id = $1 AND tracking_number = $2
              ORDER BY order_number DESC LIMIT {SEARCH_CAP})
          $query$ USING {company}, term;
          -- Part of a name that many have is found among the newest orders; only a rarer one needs the trigrams. The
          -- planner cannot choose: under a policy it may not look at statistics for ILIKE.
          RETURN QUERY EXECUTE $query$
            SELECT newest.number FROM (
              SELECT number, customer_name FROM orders WHERE company_id = $1 ORDER BY number DESC LIMIT {SEARCH_WALK}
            ) newest WHERE customer_name ILIKE $2 LIMIT {SEARCH_CAP}
          $query$ USING {company}, pattern;
          GET DIAGNOSTICS found = ROW_COUNT;
          IF found < {SEARCH_CAP} THEN
            RETURN QUERY EXECUTE $query$
              SELECT number FROM orders WHERE company_id = $1 AND customer_name ILIKE $2
              ORDER BY number DESC LIMIT {SEARCH_CAP}
            $query$ USING {company}, pattern;
          END IF;
        END
        """,
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION search_orders(text, text)")
    for table in (
        "saved_views",
        "order_notes",
        "shipment_lines",
        "shipments",
        "order_lines",
        "orders",
        "order_counters",
    ):
        op.drop_table(table)
