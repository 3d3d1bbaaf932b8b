"""Companies, users, the outbox and the event log."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from app.core.rls import definer_function, owner_reads, protect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NOW = sa.text("now()")


def upgrade() -> None:
    for role in ("qd_app", "qd_system", "qd_platform", "qd_monitor", "qd_backup"):
        op.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
    # The web process compares it with the code's head before it says it is ready.
    op.execute("GRANT SELECT ON alembic_version TO qd_app, qd_system, qd_platform, qd_backup")
    create_companies()
    create_users()
    create_outbox()
    create_event_log()
    create_idempotency_keys()


def create_companies() -> None:
    """The tenants. `id` is the value every policy compares."""
    op.create_table(
        "companies",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True)),
        sa.Column("public_id", sa.Text, nullable=False),
        sa.Column("slug", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False, server_default="GBP"),
        sa.Column("timezone", sa.Text, nullable=False, server_default="Europe/London"),
        sa.Column("settings", JSONB, nullable=False, server_default="{}"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=NOW),
        sa.PrimaryKeyConstraint("id", name="pk_companies"),
        sa.UniqueConstraint("slug", name="uq_companies_slug"),
        sa.UniqueConstraint("public_id", name="uq_companies_public_id"),
        sa.CheckConstraint(
            "type IN ('platform','practice','lab','supplier','retailer')", name=op.f("ck_companies_type")
        ),
        sa.CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'", name=op.f("ck_companies_slug")),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_companies_currency")),
    )
    protect(
        "companies",
        app="SELECT, UPDATE",
        system="SELECT",
        rule="id = nullif(current_setting('qd.company_id', true), '')::bigint",
    )
    owner_reads("companies")
    owner_reads("companies", "INSERT")


def create_users() -> None:
    """People. Platform admins belong to the company of type platform, so no row lacks a company."""
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True)),
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("public_id", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text),
        sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("preferences", JSONB, nullable=False, server_default="{}"),
        sa.Column("totp_secret", sa.Text),
        sa.Column("totp_last_step", sa.BigInteger),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column("last_seen_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=NOW),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("company_id", "id", name="uq_users_company_id_id"),
        sa.UniqueConstraint("public_id", name="uq_users_public_id"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_users_company_id"),
        sa.CheckConstraint("role IN ('platform_admin','company_admin','staff','viewer')", name=op.f("ck_users_role")),
    )
    op.create_index("uq_users_email", "users", [sa.text("lower(email)")], unique=True)
    protect("users", app="SELECT, INSERT, UPDATE", system="SELECT")
    owner_reads("users")
    owner_reads("users", "INSERT")
    owner_reads("users", "UPDATE")


def create_outbox() -> None:
    """Facts waiting for their sequence number. The app may only add; the relay takes them away."""
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True)),
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("row_id", sa.Text),
        sa.Column("row_version", sa.BigInteger),
        sa.Column("user_id", sa.BigInteger),
        sa.Column("data", JSONB, nullable=False),
        sa.Column("actor", JSONB, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_outbox_company_id"),
    )
    protect("outbox", app="INSERT", platform="SELECT", system="SELECT, DELETE, UPDATE")
    # Nearly always empty and always busy: vacuum by count, not by share.
    op.execute("ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)")


def create_event_log() -> None:
    """The sequenced facts, in daily partitions that are dropped whole, and the head of each topic."""
    op.create_table(
        "topic_heads",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("company_id", "topic", name="pk_topic_heads"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_topic_heads_company_id"),
    )
    protect("topic_heads", app="SELECT", system="SELECT, INSERT, UPDATE")
    op.execute(
        """CREATE TABLE event_log (
            company_id bigint NOT NULL, topic text NOT NULL, seq bigint NOT NULL, type text NOT NULL,
            event_id text NOT NULL, row_id text, row_version bigint, user_id bigint, data jsonb NOT NULL,
            actor jsonb NOT NULL, request_id text NOT NULL, occurred_at timestamptz NOT NULL,
            logged_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_event_log PRIMARY KEY (company_id, topic, seq, logged_at)
        ) PARTITION BY RANGE (logged_at)"""
    )
    op.execute("CREATE TABLE event_log_default PARTITION OF event_log DEFAULT")
    op.create_index("ix_event_log_company_id_topic_row_id_seq", "event_log", ["company_id", "topic", "row_id", "seq"])
    # A request id pasted into search finds everything that request did.
    op.create_index("ix_event_log_company_id_request_id", "event_log", ["company_id", "request_id"])
    protect("event_log", app="SELECT", system="SELECT, INSERT")
    op.execute("CREATE TABLE event_epoch (epoch text NOT NULL CONSTRAINT pk_event_epoch PRIMARY KEY)")
    op.execute("INSERT INTO event_epoch SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISS')")
    op.execute("GRANT SELECT ON event_epoch TO qd_app, qd_system, qd_platform, qd_backup")
    definer_function(
        "keep_event_partitions(keep_days integer)",
        returns="void",
        language="plpgsql",
        roles="qd_system",
        body="""
        DECLARE day date; name text;
        BEGIN
          FOR day IN SELECT generate_series(current_date, current_date + 3, '1 day')::date LOOP
            name := 'event_log_' || to_char(day, 'YYYYMMDD');
            IF to_regclass('public.' || name) IS NULL THEN
              BEGIN
                EXECUTE format('CREATE TABLE public.%I PARTITION OF public.event_log FOR VALUES FROM (%L) TO (%L)',
                               name, day, day + 1);
                EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', name);
                EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', name);
              EXCEPTION WHEN check_violation OR duplicate_table THEN
                NULL; -- rows of that day already stand in the default partition: they stay there
              END;
            END IF;
          END LOOP;
          FOR name IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                      WHERE i.inhparent = 'public.event_log'::regclass AND c.relname ~ '^event_log_[0-9]{8}$'
                      AND to_date(right(c.relname, 8), 'YYYYMMDD') < current_date - keep_days LOOP
            EXECUTE format('DROP TABLE public.%I', name);
          END LOOP;
        END
        """,
    )
    op.execute("ALTER TABLE event_log_default ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE event_log_default FORCE ROW LEVEL SECURITY")


def create_idempotency_keys() -> None:
    """First answers of keyed requests."""
    op.create_table(
        "idempotency_keys",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("principal", sa.Text, nullable=False),
        sa.Column("route", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("body_hash", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("headers", sa.JSON, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("company_id", "principal", "route", "key", name="pk_idempotency_keys"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_idempotency_keys_company_id"),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])
    protect("idempotency_keys", app="SELECT, INSERT", platform="", system="SELECT, DELETE")


def downgrade() -> None:
    op.execute("DROP FUNCTION keep_event_partitions(integer)")
    for table in ("idempotency_keys", "event_epoch", "event_log", "topic_heads", "outbox", "users", "companies"):
        op.drop_table(table)
