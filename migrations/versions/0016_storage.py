"""Stored files, what they are counted as, migrations between providers, checks, and connections to others' buckets."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from app.core.rls import protect

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

NOW = sa.text("now()")
INSTANT = sa.DateTime(timezone=True)
STATES = "('pending','uploaded','scanning','ready','trashed','refused','deleting')"
CATEGORIES = "('products','profiles','documents','exports','reports','backups','temp')"
PROVIDERS = "('local','s3','cloudflare-r2','azure-blob')"
PHASES = "('planned','copying','verifying','ready','switching','soaking','removing','done','rolling-back','rolled-back','stopped')"
MOVES = "('waiting','copied','verified','switched','removed','failed','lost','gone')"
ALL = "SELECT, INSERT, UPDATE, DELETE"


def upgrade() -> None:
    create_files()
    create_usage()
    create_counting()
    create_quotas()
    create_moving()
    create_care()
    create_connections()


def downgrade() -> None:
    for table in (
        "connections", "storage_findings", "storage_checks", "storage_moves", "storage_migrations", "storage_routing",
        "storage_prices", "storage_quotas", "stored_files", "storage_all_days", "storage_all_counts",
        "storage_days", "storage_totals", "storage_counts", "storage_deltas",
    ):  # fmt: skip
        op.drop_table(table)
    op.execute("DROP FUNCTION storage_count()")
    op.execute("DROP FUNCTION storage_refuse_truncate()")
    op.execute("DROP FUNCTION storage_class(text)")
    op.execute("DROP FUNCTION storage_refuse_held()")


def text(name: str, default: str | None = "") -> sa.Column:
    return sa.Column(name, sa.Text, nullable=False, server_default=default)


def number(name: str, default: str | None = "0", kind: type = sa.BigInteger) -> sa.Column:
    return sa.Column(name, kind, nullable=False, server_default=default)


def instant(name: str, *, now: bool = False) -> sa.Column:
    return sa.Column(name, INSTANT, nullable=not now, server_default=NOW if now else None)


def json(name: str, default: str | None = "{}") -> sa.Column:
    return sa.Column(name, JSONB, nullable=False, server_default=default)


def size(name: str) -> sa.Column:
    return sa.Column(name, sa.Numeric(20), nullable=False, server_default="0")


def key(*columns: str, table: str) -> list[sa.Constraint | sa.Column]:
    """The company, the primary key that begins with it, and its foreign key."""
    return [
        sa.PrimaryKeyConstraint("company_id", *columns, name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=f"fk_{table}_company_id"),
    ]


def company() -> sa.Column:
    return sa.Column("company_id", sa.BigInteger, nullable=False)


def rule(condition: str, name: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(name))


def create_files() -> None:
    op.create_table(
        "stored_files",
        company(), text("id", None), text("key", None), text("category", None), text("provider", None), text("mirror"),
        instant("mirrored_at"), text("state", "pending"), text("visibility", "private"), text("file_name", None),
        text("content_type", None), number("size_bytes", None), text("sha256"), text("etag"), text("upload_id"),
        number("part_bytes"), sa.Column("parent_id", sa.Text), text("variant"), text("subject"), json("about"),
        json("actor"), instant("created_at", now=True), instant("expires_at"), instant("ready_at"),
        instant("trashed_at"), instant("purge_at"), instant("held_at"), text("hold_reason"), instant("checked_at"),
        number("tries", kind=sa.Integer), instant("not_before", now=True), number("version", "1"),
        *key("id", table="stored_files"),
        sa.UniqueConstraint("key", name="uq_stored_files_key"),
        rule(f"state IN {STATES}", "ck_stored_files_state"),
        rule(f"category IN {CATEGORIES}", "ck_stored_files_category"),
        rule(f"provider IN {PROVIDERS}", "ck_stored_files_provider"),
        rule("visibility IN ('private','public')", "ck_stored_files_visibility"),
        rule("size_bytes >= 0", "ck_stored_files_size_bytes"),
        rule("held_at IS NULL OR state <> 'deleting'", "ck_stored_files_hold"),
    )  # fmt: skip
    protect("stored_files", app=ALL, system="SELECT, UPDATE, DELETE")
    listed = sa.text("parent_id IS NULL")
    index("parent", ["company_id", "parent_id"], sa.text("parent_id IS NOT NULL"))
    index("newest", ["company_id", "id"], listed)
    index("category", ["company_id", "category", "id"], listed)
    index("size", ["company_id", "size_bytes", "id"], listed)
    index("subject", ["company_id", "subject"], sa.text("subject <> ''"))
    index(
        "expires", ["expires_at"],
        sa.text("expires_at IS NOT NULL AND state IN ('pending','uploaded','scanning','ready')"),
    )  # fmt: skip
    index("purge", ["purge_at"], sa.text("state IN ('trashed','refused')"))
    index("deleting", ["not_before"], sa.text("state = 'deleting'"))
    index("provider", ["provider", "id"], None)
    index("behind", ["id"], sa.text("mirror <> '' AND mirrored_at IS NULL"))
    index("checked", ["checked_at", "id"], sa.text("state = 'ready'"))
    # The check keeps a held file out of `deleting`; this one stops who deletes rows without asking for that.
    op.execute(
        "CREATE FUNCTION storage_refuse_held() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'file % is on legal hold', OLD.id "
        "USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_stored_files_hold', TABLE = 'stored_files'; END $$"
    )
    op.execute(
        "CREATE TRIGGER stored_files_held BEFORE DELETE ON stored_files FOR EACH ROW "
        "WHEN (OLD.held_at IS NOT NULL) EXECUTE FUNCTION storage_refuse_held()"
    )


def index(name: str, columns: list[str], where: sa.TextClause | None) -> None:
    op.create_index(f"ix_stored_files_{name}", "stored_files", columns, postgresql_where=where)


def create_usage() -> None:
    op.create_table(
        "storage_deltas",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        company(), text("category", None), text("provider", None), text("class", None),
        sa.Column("bytes", sa.Numeric(20), nullable=False), sa.Column("files", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_storage_deltas"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_storage_deltas_company_id"),
    )  # fmt: skip
    # UPDATE, because FOR UPDATE SKIP LOCKED wants it.
    protect("storage_deltas", app="SELECT, INSERT", system=ALL)
    # Rows live half a second: without this, dead ones gather under a fifth of a table that is mostly empty.
    op.execute(
        "ALTER TABLE storage_deltas SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, "
        "autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0)"
    )
    op.create_index("ix_storage_deltas_company_id", "storage_deltas", ["company_id"])
    op.create_table(
        "storage_counts",
        company(), text("category", None), text("provider", None), text("class", None), size("bytes"), number("files"),
        *key("category", "provider", "class", table="storage_counts"),
    )  # fmt: skip
    protect("storage_counts", app="SELECT", system=ALL)
    op.create_table(
        "storage_totals", company(), size("bytes"), number("files"), sa.Column("full_on", sa.Date),
        *key(table="storage_totals"),
    )  # fmt: skip
    protect("storage_totals", app="SELECT", system=ALL)
    op.create_index("ix_storage_totals_bytes", "storage_totals", ["bytes", "company_id"])
    op.create_index(
        "ix_storage_totals_full_on", "storage_totals", ["full_on", "company_id"],
        postgresql_where=sa.text("full_on IS NOT NULL"),
    )  # fmt: skip
    op.create_table(
        "storage_days",
        company(), text("category", None), text("provider", None), sa.Column("day", sa.Date, nullable=False), *figures(),
        *key("category", "provider", "day", table="storage_days"),
    )  # fmt: skip
    protect("storage_days", app="SELECT, INSERT, UPDATE", system=ALL)
    op.create_index("ix_storage_days_day", "storage_days", ["day"])
    create_sums()


def create_sums() -> None:
    """The same over all companies; rows of the installation."""
    op.create_table(
        "storage_all_counts",
        company(), text("category", None), text("provider", None), text("class", None), size("bytes"), number("files"),
        *key("category", "provider", "class", table="storage_all_counts"),
    )  # fmt: skip
    protect("storage_all_counts", app="SELECT", system=ALL)
    op.create_table(
        "storage_all_days",
        company(), text("category", None), text("provider", None), sa.Column("day", sa.Date, nullable=False), *figures(),
        *key("category", "provider", "day", table="storage_all_days"),
    )  # fmt: skip
    protect("storage_all_days", app="SELECT, INSERT, UPDATE", system=ALL)


def figures() -> list[sa.Column]:
    return [size("bytes"), number("files"), number("writes"), number("reads"), size("sent_bytes")]


def create_counting() -> None:
    """Count by trigger, so that no statement, of whatever program, changes files without being counted.

    One row of difference a statement and kind, from the transition tables: no row is locked that others write.
    """
    op.execute(
        "CREATE FUNCTION storage_class(state text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ "
        "SELECT CASE WHEN state = 'pending' THEN 'pending' "
        "WHEN state IN ('uploaded','scanning','ready') THEN 'live' ELSE 'trashed' END $$"
    )
    op.execute(
        """
        CREATE FUNCTION storage_count() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
        BEGIN
          IF TG_OP = 'INSERT' THEN
            INSERT INTO storage_deltas (company_id, category, provider, class, bytes, files)
            SELECT company_id, category, provider, storage_class(state), sum(size_bytes), count(*)
            FROM after_rows GROUP BY 1, 2, 3, 4;
          ELSIF TG_OP = 'DELETE' THEN
            INSERT INTO storage_deltas (company_id, category, provider, class, bytes, files)
            SELECT company_id, category, provider, storage_class(state), -sum(size_bytes), -count(*)
            FROM before_rows GROUP BY 1, 2, 3, 4;
          ELSE
            INSERT INTO storage_deltas (company_id, category, provider, class, bytes, files)
            SELECT company_id, category, provider, class, sum(bytes), sum(files) FROM (
              SELECT company_id, category, provider, storage_class(state) AS class, size_bytes AS bytes, 1 AS files
              FROM after_rows
              UNION ALL
              SELECT company_id, category, provider, storage_class(state), -size_bytes, -1 FROM before_rows
            ) AS changed GROUP BY 1, 2, 3, 4 HAVING sum(bytes) <> 0 OR sum(files) <> 0;
          END IF;
          RETURN NULL;
        END $$
        """
    )
    for event, tables in (
        ("INSERT", "NEW TABLE AS after_rows"),
        ("UPDATE", "OLD TABLE AS before_rows NEW TABLE AS after_rows"),
        ("DELETE", "OLD TABLE AS before_rows"),
    ):
        op.execute(
            f"CREATE TRIGGER stored_files_counted_{event.lower()} AFTER {event} ON stored_files REFERENCING {tables} "
            "FOR EACH STATEMENT EXECUTE FUNCTION storage_count()"
        )
    op.execute(
        """
        CREATE FUNCTION storage_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          RAISE EXCEPTION 'stored_files is counted row by row: delete the rows instead';
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER stored_files_not_truncated BEFORE TRUNCATE ON stored_files "
        "FOR EACH STATEMENT EXECUTE FUNCTION storage_refuse_truncate()"
    )


def create_quotas() -> None:
    op.create_table(
        "storage_quotas",
        company(), text("category"), sa.Column("soft_bytes", sa.BigInteger), sa.Column("hard_bytes", sa.BigInteger),
        sa.Column("file_bytes", sa.BigInteger), sa.Column("granted_bytes", sa.BigInteger),
        sa.Column("granted_file_bytes", sa.BigInteger), instant("warned_at"), text("reason"), json("actor"),
        instant("updated_at", now=True), number("version", "1"), *key("category", table="storage_quotas"),
        rule("soft_bytes IS NULL OR hard_bytes IS NULL OR soft_bytes <= hard_bytes", "ck_storage_quotas_order"),
        rule("least(soft_bytes, hard_bytes, file_bytes) >= 0", "ck_storage_quotas_not_negative"),
        rule(
            "(granted_bytes IS NULL OR coalesce(hard_bytes <= granted_bytes, false)) AND "
            "(granted_file_bytes IS NULL OR coalesce(file_bytes <= granted_file_bytes, false))",
            "ck_storage_quotas_granted",
        ),
    )  # fmt: skip
    protect("storage_quotas", app=ALL, system="SELECT")
    op.create_table(
        "storage_prices",
        company(), text("provider", None), text("name", None), json("fields", None),
        sa.Column("as_of", sa.Date, nullable=False), text("source", None), json("actor"),
        instant("updated_at", now=True), number("version", "1"), *key("provider", table="storage_prices"),
    )  # fmt: skip
    protect("storage_prices", app=ALL)


def create_moving() -> None:
    op.create_table(
        "storage_routing",
        company(), text("writes_to"), text("mirrors_to"), text("reason"), number("revision", "1"),
        instant("updated_at", now=True), *key(table="storage_routing"),
    )  # fmt: skip
    protect("storage_routing", app=ALL, system="SELECT")
    op.create_table(
        "storage_migrations",
        company(), text("id", None), text("source", None), text("target", None), json("filters"), json("plan"),
        json("options"), json("figures"), text("phase", "planned"),
        sa.Column("is_paused", sa.Boolean, nullable=False, server_default=sa.false()), text("job_id"), text("error"),
        text("reason"), json("actor"), instant("created_at", now=True), instant("started_at"), instant("switched_at"),
        instant("grace_until"), instant("ended_at"), number("version", "1"), *key("id", table="storage_migrations"),
        rule(f"phase IN {PHASES}", "ck_storage_migrations_phase"),
        rule("source <> target", "ck_storage_migrations_ends"),
    )  # fmt: skip
    protect("storage_migrations", app=ALL, system="SELECT, UPDATE")
    op.create_index(
        "uq_storage_migrations_running", "storage_migrations", ["company_id"], unique=True,
        postgresql_where=sa.text("phase NOT IN ('planned','done','rolled-back','stopped')"),
    )  # fmt: skip
    op.create_table(
        "storage_moves",
        company(), text("migration_id", None), text("file_id", None), text("key", None), number("size_bytes", None),
        text("state", "waiting"), text("sha256"), text("etag"), number("tries", kind=sa.Integer), text("error"),
        instant("moved_at"), *key("migration_id", "file_id", table="storage_moves"),
        rule(f"state IN {MOVES}", "ck_storage_moves_state"),
    )  # fmt: skip
    protect("storage_moves", app="SELECT", system=ALL)
    op.create_index(
        "ix_storage_moves_migration_id_state_file_id", "storage_moves", ["migration_id", "state", "file_id"]
    )  # fmt: skip


def create_care() -> None:
    op.create_table(
        "storage_checks",
        company(), text("id", None), text("kind", None), text("provider", None), json("figures"), text("verdict"),
        text("sentence"), text("job_id"), json("actor"), instant("started_at", now=True), instant("ended_at"),
        *key("id", table="storage_checks"),
        rule("kind IN ('reconcile','scrub','doctor')", "ck_storage_checks_kind"),
    )  # fmt: skip
    protect("storage_checks", app=ALL, system="SELECT, INSERT, UPDATE, DELETE")
    op.create_index(
        "ix_storage_checks_company_id_provider_kind_id", "storage_checks", ["company_id", "provider", "kind", "id"]
    )
    op.create_table(
        "storage_findings",
        company(), text("id", None), text("check_id", None), text("kind", None), text("provider", None),
        text("key", None), sa.Column("owner_id", sa.BigInteger), text("file_id"), number("size_bytes"), text("detail"),
        text("state", "open"), text("moved_to"), instant("found_at", now=True), instant("settled_at"),
        *key("id", table="storage_findings"),
        sa.UniqueConstraint("company_id", "provider", "key", "kind", name="uq_storage_findings_company_id_provider_key_kind"),
        rule("kind IN ('orphan','missing','size','digest')", "ck_storage_findings_kind"),
        rule("state IN ('open','quarantined','repaired','ignored','gone')", "ck_storage_findings_state"),
    )  # fmt: skip
    protect("storage_findings", app=ALL, system="SELECT, INSERT, UPDATE, DELETE")
    op.create_index("ix_storage_findings_company_id_state_id", "storage_findings", ["company_id", "state", "id"])


def create_connections() -> None:
    op.create_table(
        "connections",
        company(), text("id", None), text("kind", None), text("name", None), json("settings", None), text("secret"),
        text("state", "unknown"), text("error"), json("figures"), text("job_id"), instant("seen_at"),
        instant("scanned_at"), json("actor"), instant("created_at", now=True), number("version", "1"),
        *key("id", table="connections"),
        sa.UniqueConstraint("company_id", "name", name="uq_connections_company_id_name"),
        rule("kind IN ('s3')", "ck_connections_kind"),
        rule("length(name) BETWEEN 1 AND 60", "ck_connections_name"),
    )  # fmt: skip
    protect("connections", app=ALL)
