"""Forecasts, what sells together, daily sales, partners' feeds, and documents read."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from app.core.rls import definer_function, protect

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

NOW = sa.text("now()")
INSTANT = sa.DateTime(timezone=True)
TABLES = (
    "documents", "feed_refusals", "feed_orders", "feed_runs", "feeds", "daily_items", "daily_sales",
    "reorder_proposals", "item_companions", "item_forecasts",
)  # fmt: skip


def upgrade() -> None:
    create_forecasts()
    create_companions()
    create_proposals()
    create_daily()
    create_feeds()
    create_feed_orders()
    create_documents()
    create_analyser()


def downgrade() -> None:
    op.execute("DROP FUNCTION analyse_partitions()")
    for table in TABLES:
        op.drop_table(table)


def company(table: str) -> list[sa.Column[int] | sa.ForeignKeyConstraint]:
    """Return the column every table begins with."""
    return [
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=f"fk_{table}_company_id"),
    ]


def item(table: str, column: str = "item_id") -> sa.ForeignKeyConstraint:
    """Return the key of an item of the same company."""
    return sa.ForeignKeyConstraint(
        ["company_id", column], ["items.company_id", "items.id"], name=f"fk_{table}_company_id_{column}"
    )


def create_forecasts() -> None:
    """The newest forecast of an item, with what it is worth."""
    op.create_table(
        "item_forecasts",
        *company("item_forecasts"),
        sa.Column("item_id", sa.BigInteger, nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("baseline", sa.Text, nullable=False),
        sa.Column("first_week", sa.Date, nullable=False),
        sa.Column("history", JSONB, nullable=False),
        sa.Column("next_week", sa.Date, nullable=False),
        sa.Column("points", JSONB, nullable=False),
        sa.Column("spread", sa.Float, nullable=False, server_default="0"),
        sa.Column("error", sa.Float),
        sa.Column("baseline_error", sa.Float),
        sa.Column("mase", sa.Float),
        sa.Column("model_error", sa.Float),
        sa.Column("tested_weeks", sa.Integer, nullable=False, server_default="0"),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("text", sa.Text, nullable=False, server_default=""),
        sa.Column("text_model", sa.Text, nullable=False, server_default=""),
        sa.Column("text_at", INSTANT),
        sa.PrimaryKeyConstraint("company_id", "item_id", name="pk_item_forecasts"),
        item("item_forecasts"),
    )
    protect("item_forecasts")


def create_companions() -> None:
    """Which items are bought together: the best few of each."""
    op.create_table(
        "item_companions",
        *company("item_companions"),
        sa.Column("item_id", sa.BigInteger, nullable=False),
        sa.Column("other_id", sa.BigInteger, nullable=False),
        sa.Column("together", sa.Integer, nullable=False),
        sa.Column("orders", sa.Integer, nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("lift", sa.Float, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("company_id", "item_id", "other_id", name="pk_item_companions"),
        item("item_companions"),
        item("item_companions", "other_id"),
    )
    protect("item_companions")


def create_proposals() -> None:
    """A reorder point that is proposed; a person accepts or dismisses it."""
    op.create_table(
        "reorder_proposals",
        *company("reorder_proposals"),
        sa.Column("item_id", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="open"),
        sa.Column("before", sa.BigInteger, nullable=False),
        sa.Column("proposed", sa.BigInteger, nullable=False),
        sa.Column("lead_days", sa.Integer, nullable=False),
        sa.Column("demand", sa.Float, nullable=False),
        sa.Column("safety", sa.Float, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("decided_at", INSTANT),
        sa.PrimaryKeyConstraint("company_id", "item_id", name="pk_reorder_proposals"),
        item("reorder_proposals"),
        sa.CheckConstraint("state IN ('open','accepted','dismissed')", name=op.f("ck_reorder_proposals_state")),
    )
    protect("reorder_proposals")
    op.create_index(
        "ix_reorder_proposals_open", "reorder_proposals", ["company_id", "item_id"],
        postgresql_where=sa.text("state = 'open'"),
    )  # fmt: skip


def create_daily() -> None:
    """Sales of a day in the company's own calendar."""
    op.create_table(
        "daily_sales",
        *company("daily_sales"),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("orders", sa.Integer, nullable=False),
        sa.Column("units", sa.BigInteger, nullable=False),
        sa.Column("revenue_minor", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("company_id", "day", "currency", name="pk_daily_sales"),
    )
    protect("daily_sales")
    op.create_table(
        "daily_items",
        *company("daily_items"),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("item_id", sa.BigInteger, nullable=False),
        sa.Column("sku", sa.Text, nullable=False),
        sa.Column("orders", sa.Integer, nullable=False),
        sa.Column("units", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("company_id", "day", "item_id", name="pk_daily_items"),
    )
    protect("daily_items")


def create_feeds() -> None:
    """Where a partner's orders are fetched, and how each run went."""
    op.create_table(
        "feeds",
        *company("feeds"),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("token", sa.Text, nullable=False, server_default=""),
        sa.Column("state", sa.Text, nullable=False, server_default="on"),
        sa.Column("cursor", sa.Text, nullable=False, server_default=""),
        sa.Column("not_before", INSTANT),
        sa.Column("last_run_at", INSTANT),
        sa.Column("last_ok_at", INSTANT),
        sa.Column("error", sa.Text, nullable=False, server_default=""),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column("created_at", INSTANT, nullable=False, server_default=NOW),
        sa.PrimaryKeyConstraint("company_id", "id", name="pk_feeds"),
        sa.UniqueConstraint("company_id", "name", name="uq_feeds_company_id_name"),
        sa.CheckConstraint("state IN ('on','paused')", name=op.f("ck_feeds_state")),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 60", name=op.f("ck_feeds_name")),
    )
    protect("feeds")
    op.create_table(
        "feed_runs",
        *company("feed_runs"),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("feed_id", sa.Text, nullable=False),
        sa.Column("job_id", sa.Text, nullable=False, server_default=""),
        sa.Column("is_test", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("pages", sa.Integer, nullable=False, server_default="0"),
        sa.Column("placed", sa.Integer, nullable=False, server_default="0"),
        sa.Column("known", sa.Integer, nullable=False, server_default="0"),
        sa.Column("refused", sa.Integer, nullable=False, server_default="0"),
        sa.Column("error", sa.Text, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("company_id", "id", name="pk_feed_runs"),
        feed("feed_runs"),
    )
    protect("feed_runs")
    op.create_index("ix_feed_runs_company_id_feed_id_id", "feed_runs", ["company_id", "feed_id", "id"])


def feed(table: str) -> sa.ForeignKeyConstraint:
    """Return the key of the feed that something came from."""
    return sa.ForeignKeyConstraint(
        ["company_id", "feed_id"], ["feeds.company_id", "feeds.id"], name=f"fk_{table}_company_id_feed_id"
    )


def create_feed_orders() -> None:
    """What a feed has brought, by the partner's own name of it: that name makes a second delivery harmless."""
    op.create_table(
        "feed_orders",
        *company("feed_orders"),
        sa.Column("feed_id", sa.Text, nullable=False),
        sa.Column("external_ref", sa.Text, nullable=False),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("order_number", sa.BigInteger),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("received_at", INSTANT, nullable=False, server_default=NOW),
        sa.PrimaryKeyConstraint("company_id", "feed_id", "external_ref", name="pk_feed_orders"),
        feed("feed_orders"),
    )
    protect("feed_orders")
    op.create_table(
        "feed_refusals",
        *company("feed_refusals"),
        sa.Column("feed_id", sa.Text, nullable=False),
        sa.Column("external_ref", sa.Text, nullable=False),
        sa.Column("line_no", sa.Integer, nullable=False),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("sku", sa.Text, nullable=False),
        sa.Column("quantity", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False, server_default=NOW),
        sa.PrimaryKeyConstraint("company_id", "feed_id", "external_ref", "line_no", name="pk_feed_refusals"),
        feed("feed_refusals"),
    )
    protect("feed_refusals")
    op.create_index("ix_feed_refusals_company_id_feed_id_run_id", "feed_refusals", ["company_id", "feed_id", "run_id"])


def create_documents() -> None:
    """An order form somebody sent in, what was read in it, and the order a person made of it."""
    op.create_table(
        "documents",
        *company("documents"),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="reading"),
        sa.Column("text", sa.Text, nullable=False, server_default=""),
        sa.Column("lines", JSONB, nullable=False, server_default="[]"),
        sa.Column("customer", sa.Text, nullable=False, server_default=""),
        sa.Column("error", sa.Text, nullable=False, server_default=""),
        sa.Column("job_id", sa.Text),
        sa.Column("order_number", sa.BigInteger),
        sa.Column("actor", JSONB, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False, server_default=NOW),
        sa.Column("read_at", INSTANT),
        sa.PrimaryKeyConstraint("company_id", "id", name="pk_documents"),
        sa.CheckConstraint(
            "state IN ('reading','read','failed','ordered','discarded')", name=op.f("ck_documents_state")
        ),
        sa.CheckConstraint("kind IN ('png','jpeg','webp','pdf')", name=op.f("ck_documents_kind")),
    )
    protect("documents")


def create_analyser() -> None:
    """Autovacuum never analyses the parent of partitions, and a plan over all of them is made from its figures."""
    definer_function(
        "analyse_partitions()",
        returns="integer",
        language="plpgsql",
        roles="qd_system",
        body="""
        DECLARE name text; done integer := 0;
        BEGIN
          FOR name IN SELECT c.relname FROM pg_class c
                      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'p' AND NOT c.relispartition LOOP
            EXECUTE format('ANALYZE public.%I', name);
            done := done + 1;
          END LOOP;
          RETURN done;
        END
        """,
    )
