"""The ledger of jobs in daily partitions: options of a job, its attempts, its log, what it waits for, who holds it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from app.core.rls import definer_function, owner_reads, protect

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

NOW = sa.text("now()")
INSTANT = sa.DateTime(timezone=True)
STATES = "'queued','running','done','failed','cancelled','discarded'"
PARTITIONED = ("jobs", "job_attempts", "job_log_lines")
OLD_COLUMNS = (
    "company_id, id, name, queue, title, args, state, done, total, message, result, error, attempts, cancel_requested, "
    "actor, request_id, lease_until, created_at, started_at, finished_at, version"
)


def upgrade() -> None:
    release_jobs()
    op.execute("ALTER TABLE jobs RENAME TO jobs_before")
    op.execute("ALTER INDEX pk_jobs RENAME TO pk_jobs_before")
    op.execute("DROP INDEX ix_jobs_company_id_id_live")
    create_jobs()
    create_attempts()
    create_log_lines()
    create_partition_keeper()
    unforce("jobs_before", "jobs", "job_outbox")
    op.execute("SELECT keep_job_partitions(30)")
    op.execute(f"INSERT INTO jobs ({OLD_COLUMNS}, root_id) SELECT {OLD_COLUMNS}, id FROM jobs_before")
    op.execute("DROP TABLE jobs_before")
    widen_outbox()
    force("jobs", "job_outbox")
    create_keys()
    create_needs()
    create_pauses()
    create_queue_settings()


def unforce(*tables: str) -> None:
    """Let the owner, who runs migrations, see and write rows."""
    for table in tables:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")


def force(*tables: str) -> None:
    """Hold the owner to the policies again."""
    for table in tables:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def release_jobs() -> None:
    """A partition can be dropped only when nothing points into it, so nothing does: ids are looked up."""
    op.drop_constraint("fk_job_outbox_company_id_job_id", "job_outbox")
    op.drop_constraint("fk_imports_company_id_job_id", "imports")


def create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("args", JSONB, nullable=False),
        sa.Column("actor", JSONB, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("root_id", sa.Text, nullable=False),
        sa.Column("parent_id", sa.Text),
        sa.Column("retry_of", sa.Text),
        sa.Column("schedule_id", sa.Text),
        sa.Column("priority", sa.SmallInteger, nullable=False, server_default="0"),
        sa.Column("dedupe_key", sa.Text),
        sa.Column("due_at", INSTANT),
        sa.Column("is_exact", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("state", sa.Text, nullable=False, server_default="queued"),
        sa.Column("done", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("total", sa.BigInteger),
        sa.Column("message", sa.Text, nullable=False, server_default=""),
        sa.Column("result", JSONB),
        sa.Column("error", sa.Text, nullable=False, server_default=""),
        sa.Column("signature", sa.Text, nullable=False, server_default=""),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("cancel_requested", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("worker", sa.Text, nullable=False, server_default=""),
        sa.Column("lease_until", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False, server_default=NOW),
        sa.Column("started_at", INSTANT),
        sa.Column("finished_at", INSTANT),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        # Ids are ULIDs: the primary key is the order "newest first", and a range of ids is a day.
        sa.PrimaryKeyConstraint("company_id", "id", name="pk_jobs"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_jobs_company_id"),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_jobs_state")),
        sa.CheckConstraint("done >= 0 AND attempts >= 0", name=op.f("ck_jobs_counts")),
        postgresql_partition_by="RANGE (id)",
    )
    protect("jobs", app="SELECT, INSERT, UPDATE")
    index("jobs", "company_id_id_live", ["company_id", "id"], "state IN ('queued','running')")
    # A platform admin's lists go over all companies.
    index("jobs", "id", ["id"])
    index("jobs", "queue_id", ["queue", "id"])
    index("jobs", "name_id", ["name", "id"])
    index("jobs", "signature_id", ["signature", "id"], "signature <> ''")
    index("jobs", "id_failed", ["id"], "state = 'failed'")
    index("jobs", "id_live", ["id"], "state IN ('queued','running')")
    index("jobs", "request_id", ["request_id"])
    index("jobs", "root_id", ["root_id"], "root_id <> id")
    index("jobs", "schedule_id_id", ["schedule_id", "id"], "schedule_id IS NOT NULL")
    op.create_index("ix_jobs_args", "jobs", ["args"], postgresql_using="gin", postgresql_ops={"args": "jsonb_path_ops"})


def create_attempts() -> None:
    """One row a run; statistics read it by when it ended."""
    op.create_table(
        "job_attempts",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("job_id", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("worker", sa.Text, nullable=False, server_default=""),
        sa.Column("pid", sa.Integer, nullable=False, server_default="0"),
        sa.Column("release", sa.Text, nullable=False, server_default=""),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("waited_ms", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("ran_ms", sa.BigInteger),
        # done, failed, cancelled, lost; NULL while it runs
        sa.Column("outcome", sa.Text),
        sa.Column("error", sa.Text, nullable=False, server_default=""),
        sa.Column("error_type", sa.Text, nullable=False, server_default=""),
        sa.Column("traceback", sa.Text, nullable=False, server_default=""),
        sa.Column("signature", sa.Text, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("company_id", "job_id", "number", name="pk_job_attempts"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_job_attempts_company_id"),
        postgresql_partition_by="RANGE (job_id)",
    )
    protect("job_attempts", app="SELECT, INSERT, UPDATE", system="SELECT")
    index("job_attempts", "ended_at", ["ended_at"])


def create_log_lines() -> None:
    op.create_table(
        "job_log_lines",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("job_id", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", INSTANT, nullable=False, server_default=NOW),
        sa.Column("level", sa.Text, nullable=False, server_default="info"),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("company_id", "job_id", "attempt", "number", name="pk_job_log_lines"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_job_log_lines_company_id"),
        postgresql_partition_by="RANGE (job_id)",
    )
    protect("job_log_lines", app="SELECT, INSERT")


def create_partition_keeper() -> None:
    """A partition a day, made three days ahead, dropped when it is old and no job in it is alive."""
    for table in PARTITIONED:
        op.execute(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT")
        op.execute(f"ALTER TABLE {table}_default ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table}_default FORCE ROW LEVEL SECURITY")
    op.execute(
        """
        CREATE FUNCTION ulid_floor(at timestamptz) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
        DECLARE rest bigint := floor(extract(epoch FROM at) * 1000); spelled text := '';
        BEGIN
          FOR i IN 1..10 LOOP
            spelled := substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', (rest % 32)::int + 1, 1) || spelled;
            rest := rest / 32;
          END LOOP;
          RETURN spelled || repeat('0', 16);
        END $$
        """
    )
    owner_reads("job_outbox")
    definer_function(
        "keep_job_partitions(keep_days integer)",
        returns="integer",
        language="plpgsql",
        roles="qd_system",
        body="""
        DECLARE parent text; day date; name text; low text; high text; dropped integer := 0;
        BEGIN
          FOREACH parent IN ARRAY ARRAY['jobs', 'job_attempts', 'job_log_lines'] LOOP
            FOR day IN SELECT generate_series(current_date, current_date + 3, '1 day')::date LOOP
              name := parent || '_' || to_char(day, 'YYYYMMDD');
              IF to_regclass('public.' || name) IS NULL THEN
                BEGIN
                  EXECUTE format('CREATE TABLE public.%I PARTITION OF public.%I FOR VALUES FROM (%L) TO (%L)', name,
                                 parent, public.ulid_floor(day AT TIME ZONE 'UTC'),
                                 public.ulid_floor((day + 1) AT TIME ZONE 'UTC'));
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
              day := to_date(right(name, 8), 'YYYYMMDD');
              low := public.ulid_floor(day AT TIME ZONE 'UTC');
              high := public.ulid_floor((day + 1) AT TIME ZONE 'UTC');
              IF NOT EXISTS (SELECT FROM public.job_outbox WHERE job_id >= low AND job_id < high) THEN
                EXECUTE format('DROP TABLE public.%I', name);
                dropped := dropped + 1;
              END IF;
            END LOOP;
          END LOOP;
          RETURN dropped;
        END
        """,
    )


def widen_outbox() -> None:
    """The outbox is the set of living jobs: what waits, what was sent, what runs."""
    op.add_column("job_outbox", sa.Column("priority", sa.SmallInteger, nullable=False, server_default="0"))
    # blocked: waits for other jobs. waiting: may be released when due. sent: on its way. running: in a worker's hands.
    op.add_column("job_outbox", sa.Column("phase", sa.Text, nullable=False, server_default="waiting"))
    op.add_column("job_outbox", sa.Column("queued_at", INSTANT, nullable=False, server_default=NOW))
    op.create_check_constraint(
        op.f("ck_job_outbox_phase"), "job_outbox", "phase IN ('blocked','waiting','sent','running')"
    )
    op.drop_index("ix_job_outbox_due_at", "job_outbox")
    op.execute("UPDATE job_outbox SET phase = 'sent' WHERE sends > 0")
    index("job_outbox", "due_at_flying", ["due_at"], "phase IN ('sent','running')")
    index("job_outbox", "queue_flying", ["queue", "company_id"], "phase IN ('sent','running')")
    op.create_index(
        "ix_job_outbox_waiting",
        "job_outbox",
        ["queue", "company_id", "name", sa.text("priority DESC"), "due_at", "job_id"],
        postgresql_where=sa.text("phase = 'waiting'"),
    )
    index("job_outbox", "job_id", ["job_id"])


def create_keys() -> None:
    """A key that a living job holds: unique in its company until the job ends."""
    op.create_table(
        "job_keys",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("job_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("company_id", "key", name="pk_job_keys"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_job_keys_company_id"),
    )
    protect("job_keys")
    index("job_keys", "company_id_job_id", ["company_id", "job_id"])


def create_needs() -> None:
    """Which jobs must end before another may run."""
    op.create_table(
        "job_needs",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("job_id", sa.Text, nullable=False),
        sa.Column("needs_id", sa.Text, nullable=False),
        # True: however it ends (dedupe "after"); false: only when it is done, else the waiting one is cancelled.
        sa.Column("any_end", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("company_id", "job_id", "needs_id", name="pk_job_needs"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_job_needs_company_id"),
    )
    protect("job_needs")
    index("job_needs", "company_id_needs_id", ["company_id", "needs_id"])


def create_pauses() -> None:
    """What is held by a person: of the installation."""
    op.create_table(
        "job_pauses",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("actor", JSONB, nullable=False),
        sa.Column("since", INSTANT, nullable=False, server_default=NOW),
        sa.Column("until", INSTANT),
        sa.PrimaryKeyConstraint("company_id", "id", name="pk_job_pauses"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_job_pauses_company_id"),
        sa.UniqueConstraint("company_id", "kind", "value", name="uq_job_pauses_company_id_kind_value"),
        sa.CheckConstraint("kind IN ('queue','name','company')", name=op.f("ck_job_pauses_kind")),
    )
    protect("job_pauses", system="SELECT, DELETE")


def create_queue_settings() -> None:
    """What a person changed about a queue; NULL follows the environment."""
    op.create_table(
        "queue_settings",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("concurrency", sa.Integer),
        sa.Column("target_wait_s", sa.Integer),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("company_id", "queue", name="pk_queue_settings"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_queue_settings_company_id"),
        sa.CheckConstraint("concurrency > 0 AND target_wait_s > 0", name=op.f("ck_queue_settings_positive")),
    )
    protect("queue_settings", system="SELECT")


def index(table: str, name: str, columns: list[str], where: str | None = None) -> None:
    """Create an index, of some rows only when asked."""
    op.create_index(f"ix_{table}_{name}", table, columns, postgresql_where=sa.text(where) if where else None)


def downgrade() -> None:
    for table in ("queue_settings", "job_pauses", "job_needs", "job_keys"):
        op.drop_table(table)
    narrow_outbox()
    op.execute("ALTER TABLE jobs RENAME TO jobs_after")
    op.execute("ALTER INDEX pk_jobs RENAME TO pk_jobs_after")
    op.execute("ALTER INDEX ix_jobs_company_id_id_live RENAME TO ix_jobs_after_live")
    restore_jobs()
    op.execute("DROP FUNCTION keep_job_partitions(integer)")
    op.execute("DROP POLICY owner_selects ON job_outbox")
    for table in ("jobs_after", "job_attempts", "job_log_lines"):
        op.drop_table(table)
    op.execute("DROP FUNCTION ulid_floor(timestamptz)")


def narrow_outbox() -> None:
    for name in ("due_at_flying", "queue_flying", "waiting", "job_id"):
        op.drop_index(f"ix_job_outbox_{name}", "job_outbox")
    op.drop_constraint("ck_job_outbox_phase", "job_outbox")
    for column in ("priority", "phase", "queued_at"):
        op.drop_column("job_outbox", column)
    op.create_index("ix_job_outbox_due_at", "job_outbox", ["due_at"])


def restore_jobs() -> None:
    """The table of 0003, with the rows."""
    op.execute(
        "CREATE TABLE jobs (LIKE jobs_after INCLUDING DEFAULTS, CONSTRAINT pk_jobs PRIMARY KEY (company_id, id), "
        "CONSTRAINT fk_jobs_company_id FOREIGN KEY (company_id) REFERENCES companies (id))"
    )
    for column in (
        "root_id", "parent_id", "retry_of", "schedule_id", "priority", "dedupe_key", "due_at", "is_exact", "signature",
        "worker",
    ):  # fmt: skip
        op.drop_column("jobs", column)
    unforce("jobs_after")
    op.execute(
        f"INSERT INTO jobs ({OLD_COLUMNS}) SELECT {OLD_COLUMNS.replace(' state,', _OLD_STATE + ',')} FROM jobs_after"
    )
    protect("jobs", app="SELECT, INSERT, UPDATE")
    op.create_check_constraint(
        op.f("ck_jobs_state"), "jobs", "state IN ('queued','running','done','failed','cancelled')"
    )
    op.create_check_constraint(op.f("ck_jobs_counts"), "jobs", "done >= 0 AND attempts >= 0")
    index("jobs", "company_id_id_live", ["company_id", "id"], "state IN ('queued','running')")
    op.execute(
        "ALTER TABLE job_outbox ADD CONSTRAINT fk_job_outbox_company_id_job_id FOREIGN KEY (company_id, job_id) "
        "REFERENCES jobs (company_id, id)"
    )
    op.execute(
        "ALTER TABLE imports ADD CONSTRAINT fk_imports_company_id_job_id FOREIGN KEY (company_id, job_id) "
        "REFERENCES jobs (company_id, id)"
    )


_OLD_STATE = " CASE state WHEN 'discarded' THEN 'failed' ELSE state END"
