"""What the queues did, minute by minute, and failures that are alike."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from app.core.rls import protect

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

NOW = sa.text("now()")
INSTANT = sa.DateTime(timezone=True)
COUNTS = ("queued", "done", "failed", "retried", "cancelled", "lost", "late", "waited_ms", "ran_ms")
TABLES = ("failure_groups", "queue_samples", "job_totals", "worker_minutes", "job_hours", "job_minutes")
# What the fold asks of a job: how many were queued, and whether a failed attempt was the last one.
READ_BY_FOLD = "company_id, id, queue, name, state, attempts, created_at"


def upgrade() -> None:
    create_sums("job_minutes", sa.Column("at", INSTANT, nullable=False))
    create_sums("job_hours", sa.Column("at", INSTANT, nullable=False))
    create_sums("worker_minutes", sa.Column("at", INSTANT, nullable=False), key=("at", "worker", "queue", "name"))
    for table in ("job_minutes", "job_hours", "worker_minutes"):
        # Retention goes over all companies.
        op.create_index(f"ix_{table}_at", table, ["at"])
    create_sums("job_totals", sa.Column("until", INSTANT, nullable=False), key=("worker", "queue", "name"))
    create_samples()
    create_failure_groups()
    op.execute(f"GRANT SELECT ({READ_BY_FOLD}) ON jobs TO qd_system")
    op.execute("CREATE POLICY system_reads ON jobs FOR SELECT TO qd_system USING (true)")
    op.create_index(
        "ix_job_outbox_queue_due_at",
        "job_outbox",
        ["queue", "due_at"],
        postgresql_where=sa.text("phase = 'waiting'"),
    )


def create_sums(table: str, instant: "sa.Column[object]", key: tuple[str, ...] = ("at", "queue", "name")) -> None:
    """Counts, and two histograms whose buckets add up (app/core/histogram.py)."""
    op.create_table(
        table,
        sa.Column("company_id", sa.BigInteger, nullable=False),
        instant,
        *([sa.Column("worker", sa.Text, nullable=False)] if "worker" in key else []),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        *(sa.Column(count, sa.BigInteger, nullable=False, server_default="0") for count in COUNTS),
        *(
            sa.Column(buckets, JSONB, nullable=False, server_default="{}")
            for buckets in ("wait_hist", "run_hist", "failures")
        ),
        sa.PrimaryKeyConstraint("company_id", *key, name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=f"fk_{table}_company_id"),
    )
    protect(table, app="SELECT", system="SELECT, INSERT, UPDATE, DELETE")


def create_samples() -> None:
    """How full each queue was, once a minute; the newest row is written again every few seconds."""
    op.create_table(
        "queue_samples",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("minute", INSTANT, nullable=False),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("sampled_at", INSTANT, nullable=False),
        sa.Column("waiting", sa.Integer, nullable=False),
        sa.Column("oldest_s", sa.Double),
        sa.Column("overdue", sa.Integer, nullable=False),
        sa.Column("running", sa.Integer, nullable=False),
        sa.Column("target_s", sa.Integer, nullable=False),
        sa.Column("hold", sa.Text, nullable=False, server_default=""),
        sa.Column("behind_since", INSTANT),
        sa.Column("told_at", INSTANT),
        sa.PrimaryKeyConstraint("company_id", "minute", "queue", name="pk_queue_samples"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_queue_samples_company_id"),
    )
    protect("queue_samples")


def create_failure_groups() -> None:
    """Failures with one signature."""
    op.create_table(
        "failure_groups",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("signature", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("error_type", sa.Text, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("first_seen", INSTANT, nullable=False),
        sa.Column("last_seen", INSTANT, nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.Column("first_release", sa.Text, nullable=False, server_default=""),
        sa.Column("last_release", sa.Text, nullable=False, server_default=""),
        sa.Column("last_job_id", sa.Text, nullable=False, server_default=""),
        sa.Column("muted_until", INSTANT),
        sa.PrimaryKeyConstraint("company_id", "signature", name="pk_failure_groups"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_failure_groups_company_id"),
    )
    op.create_index("ix_failure_groups_company_id_last_seen", "failure_groups", ["company_id", "last_seen"])
    # How many companies one failure meets, and retention.
    op.create_index("ix_failure_groups_signature_last_seen", "failure_groups", ["signature", "last_seen"])
    op.create_index("ix_failure_groups_last_seen", "failure_groups", ["last_seen"])
    protect("failure_groups", app="SELECT, UPDATE", system="SELECT, INSERT, UPDATE, DELETE")


def downgrade() -> None:
    op.drop_index("ix_job_outbox_queue_due_at", "job_outbox")
    op.execute("DROP POLICY system_reads ON jobs")
    op.execute(f"REVOKE SELECT ({READ_BY_FOLD}) ON jobs FROM qd_system")
    for table in TABLES:
        op.drop_table(table)
