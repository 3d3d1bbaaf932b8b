"""What statements cost, what PostgreSQL counts, how it plans, and which indexes are advised."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from app.core.rls import definer_function, protect

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
DAILY = ("query_minutes", "query_samples", "server_minutes")
TABLES = (
    "index_advice", "query_changes", "query_plans", "server_hours", "server_minutes", "server_counters",
    "server_statements", "query_folds", "query_repeats", "query_origins", "query_samples", "query_company_hours", "query_hours",
    "query_minutes", "query_statements",
)  # fmt: skip


def upgrade() -> None:
    create_statements()
    create_counts()
    create_samples()
    create_origins()
    create_server_tables()
    create_plans()
    create_changes()
    create_advice()
    create_keeper()


def column(name: str, kind: Any = sa.Text, default: str | None = None, *, null: bool = False) -> "sa.Column[Any]":
    return sa.Column(name, kind, nullable=null, server_default=None if default is None else sa.text(default))


def create(table: str, *columns: "sa.Column[Any]", key: tuple[str, ...], daily: bool = False) -> None:
    """A table of the installation's: its rows have the platform company's id."""
    op.create_table(
        table,
        column("company_id", sa.BigInteger),
        *columns,
        sa.PrimaryKeyConstraint("company_id", *key, name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=f"fk_{table}_company_id"),
        postgresql_partition_by="RANGE (at)" if daily else None,
    )
    if daily:
        op.execute(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT")
        op.execute(f"ALTER TABLE {table}_default ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table}_default FORCE ROW LEVEL SECURITY")
    protect(table, system="SELECT, INSERT, UPDATE, DELETE")


def counts() -> "list[sa.Column[Any]]":
    """Sums and a histogram in microseconds, whose buckets add up (app/core/histogram.py)."""
    return [
        *(column(name, sa.BigInteger, "0") for name in ("calls", "errors", "timeouts", "rows", "total_us", "max_us")),
        column("buckets", JSONB, "'{}'"),
    ]


def create_statements() -> None:
    create(
        "query_statements",
        column("fingerprint"), column("text"), column("verb"), column("tables", ARRAY(sa.Text)),
        column("first_seen_at", INSTANT), column("last_seen_at", INSTANT),
        column("known_at", INSTANT, null=True), column("known_by", default="''"), column("known_reason", default="''"),
        column("version", sa.BigInteger, "1"),
        key=("fingerprint",),
    )  # fmt: skip


def create_counts() -> None:
    create(
        "query_minutes", column("at", INSTANT), column("fingerprint"), *counts(), key=("at", "fingerprint"), daily=True
    )
    create("query_hours", column("at", INSTANT), column("fingerprint"), *counts(), key=("at", "fingerprint"))
    create(
        "query_company_hours", column("at", INSTANT), column("fingerprint"), column("of_company_id", sa.BigInteger),
        *counts(), key=("at", "fingerprint", "of_company_id"),
    )  # fmt: skip
    op.create_index("ix_query_minutes_fingerprint_at", "query_minutes", ["fingerprint", "at"])
    op.create_index("ix_query_hours_fingerprint_at", "query_hours", ["fingerprint", "at"])
    op.create_index("ix_query_company_hours_of_company_id_at", "query_company_hours", ["of_company_id", "at"])
    op.create_index("ix_query_company_hours_fingerprint_at", "query_company_hours", ["fingerprint", "at"])


def create_samples() -> None:
    create(
        "query_samples",
        column("at", INSTANT), column("id"), column("fingerprint"), column("kind"),
        column("took_us", sa.BigInteger), column("rows", sa.BigInteger, "0"), column("sqlstate", default="''"),
        column("of_company_id", sa.BigInteger, null=True), column("request_id", default="''"),
        column("job_id", default="''"), column("endpoint", default="''"), column("line", default="''"),
        column("actor", default="''"), column("backend_pid", sa.Integer, null=True),
        key=("at", "id"), daily=True,
    )  # fmt: skip
    op.create_index("ix_query_samples_fingerprint_at", "query_samples", ["fingerprint", "at"])
    op.create_index("ix_query_samples_request_id", "query_samples", ["request_id"])


def create_origins() -> None:
    create(
        "query_origins",
        column("fingerprint"), column("endpoint"), column("line"), column("calls", sa.BigInteger),
        column("total_us", sa.BigInteger), column("last_seen_at", INSTANT),
        key=("fingerprint", "endpoint", "line"),
    )  # fmt: skip
    create(
        "query_repeats",
        column("fingerprint"), column("endpoint"), column("line"), column("kind"), column("times", sa.BigInteger),
        column("most", sa.Integer), column("advice", default="''"), column("request_id", default="''"),
        column("first_seen_at", INSTANT), column("last_seen_at", INSTANT),
        key=("fingerprint", "endpoint", "line"),
    )  # fmt: skip
    create(
        "query_folds",
        column("source"), column("number", sa.BigInteger), column("lost", sa.BigInteger, "0"),
        column("dropped", sa.BigInteger, "0"), column("at", INSTANT),
        key=("source",),
    )  # fmt: skip


def server_sums() -> "list[sa.Column[Any]]":
    return [
        *(
            column(name, sa.BigInteger, "0")
            for name in (
                "calls", "plans", "rows", "shared_blks_hit", "shared_blks_read", "shared_blks_dirtied",
                "shared_blks_written", "temp_blks_read", "temp_blks_written", "wal_bytes",
            )
        ),
        *(column(name, sa.Double, "0") for name in ("plan_ms", "exec_ms", "read_ms", "write_ms")),
    ]  # fmt: skip


def create_server_tables() -> None:
    """What pg_stat_statements tells: its texts once, its counters as they were last read, and the differences."""
    create(
        "server_statements",
        column("key"), column("queryid"), column("role"), column("is_toplevel", sa.Boolean),
        column("text"), column("fingerprint", default="''"), column("first_seen_at", INSTANT),
        column("last_seen_at", INSTANT),
        key=("key",),
    )  # fmt: skip
    op.create_index("ix_server_statements_fingerprint", "server_statements", ["fingerprint"])
    create(
        "server_counters",
        column("key"), column("read_at", INSTANT), column("stats_since", INSTANT, null=True), *server_sums(),
        key=("key",),
    )  # fmt: skip
    create("server_minutes", column("at", INSTANT), column("key"), *server_sums(), key=("at", "key"), daily=True)
    create("server_hours", column("at", INSTANT), column("key"), *server_sums(), key=("at", "key"))
    op.create_index("ix_server_minutes_key_at", "server_minutes", ["key", "at"])
    op.create_index("ix_server_hours_key_at", "server_hours", ["key", "at"])


def create_plans() -> None:
    create(
        "query_plans",
        column("id"), column("fingerprint"), column("structure"), column("how"), column("plan", JSONB),
        column("cost", sa.Double), column("release", default="''"), column("taken_at", INSTANT),
        column("last_seen_at", INSTANT), column("seen", sa.BigInteger, "1"),
        key=("id",),
    )  # fmt: skip
    op.create_index("ix_query_plans_fingerprint_taken_at", "query_plans", ["fingerprint", "taken_at"])


def create_changes() -> None:
    create(
        "query_changes",
        column("id"), column("at", INSTANT), column("fingerprint", default="''"), column("kind"), column("sentence"),
        column("detail", JSONB, "'{}'"), column("told_at", INSTANT, null=True),
        key=("id",),
    )  # fmt: skip
    op.create_index("ix_query_changes_fingerprint_at", "query_changes", ["fingerprint", "at"])
    op.create_index("ix_query_changes_at", "query_changes", ["at"])


def create_advice() -> None:
    create(
        "index_advice",
        column("id"), column("kind"), column("table_name"), column("definition"), column("reason"),
        column("priority"), column("state"), column("backend", default="''"), column("evidence", JSONB, "'{}'"),
        column("found_at", INSTANT), column("checked_at", INSTANT), column("built_at", INSTANT, null=True),
        column("index_name", default="''"), column("verdict", JSONB, null=True),
        column("dismissed_by", default="''"), column("dismissed_reason", default="''"),
        column("version", sa.BigInteger, "1"),
        key=("id",),
    )  # fmt: skip
    op.create_index("ix_index_advice_state_table_name", "index_advice", ["state", "table_name"])


def create_keeper() -> None:
    """Makes the partitions of the coming days, and drops whole days: nothing is deleted row by row."""
    definer_function(
        "keep_query_partitions(keep_days integer)",
        returns="integer",
        language="plpgsql",
        roles="qd_system",
        body="""
        DECLARE parent text; day date; name text; dropped integer := 0;
        BEGIN
          FOREACH parent IN ARRAY ARRAY['query_minutes', 'query_samples', 'server_minutes'] LOOP
            FOR day IN SELECT generate_series(current_date, current_date + 3, '1 day')::date LOOP
              name := parent || '_' || to_char(day, 'YYYYMMDD');
              IF to_regclass('public.' || name) IS NULL THEN
                BEGIN
                  EXECUTE format('CREATE TABLE public.%I PARTITION OF public.%I FOR VALUES FROM (%L) TO (%L)', name,
                                 parent, day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
                  EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', name);
                  EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', name);
                EXCEPTION WHEN check_violation OR duplicate_table THEN
                  NULL; -- rows of that day already stand in the default partition: they stay there
                END;
              END IF;
            END LOOP;
            FOR name IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                        WHERE i.inhparent = ('public.' || parent)::regclass AND c.relname ~ '_[0-9]{8}$'
                        AND to_date(right(c.relname, 8), 'YYYYMMDD') < current_date - keep_days LOOP
              EXECUTE format('DROP TABLE public.%I', name);
              dropped := dropped + 1;
            END LOOP;
          END LOOP;
          RETURN dropped;
        END
        """,
    )
    op.execute("SELECT keep_query_partitions(8)")


def downgrade() -> None:
    op.execute("DROP FUNCTION keep_query_partitions(integer)")
    for table in TABLES:
        op.drop_table(table)
