"""Jobs and their outbox."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from app.core.rls import protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NOW = sa.text("now()")


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("args", JSONB, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="queued"),
        sa.Column("done", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("total", sa.BigInteger),
        sa.Column("message", sa.Text, nullable=False, server_default=""),
        sa.Column("result", JSONB),
        sa.Column("error", sa.Text, nullable=False, server_default=""),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("cancel_requested", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("actor", JSONB, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=NOW),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        # Ids are ULIDs, so the primary key is also the order "newest first".
        sa.PrimaryKeyConstraint("company_id", "id", name="pk_jobs"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_jobs_company_id"),
        sa.CheckConstraint("state IN ('queued','running','done','failed','cancelled')", name=op.f("ck_jobs_state")),
        sa.CheckConstraint("done >= 0 AND attempts >= 0", name=op.f("ck_jobs_counts")),
    )
    protect("jobs", app="SELECT, INSERT, UPDATE")
    # The overview asks for what runs now; finished rows are nearly all rows.
    op.create_index(
        "ix_jobs_company_id_id_live", "jobs", ["company_id", "id"],
        postgresql_where=sa.text("state IN ('queued','running')"),
    )  # fmt: skip
    op.create_table(
        "job_outbox",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("job_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False, server_default=NOW),
        sa.Column("sends", sa.Integer, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("company_id", "job_id", name="pk_job_outbox"),
        sa.ForeignKeyConstraint(
            ["company_id", "job_id"], ["jobs.company_id", "jobs.id"], name="fk_job_outbox_company_id_job_id"
        ),
    )
    # The relay asks across companies for what is due.
    op.create_index("ix_job_outbox_due_at", "job_outbox", ["due_at"])
    protect("job_outbox", app="SELECT, INSERT, UPDATE, DELETE", system="SELECT, UPDATE, DELETE")
    op.execute("ALTER TABLE job_outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)")


def downgrade() -> None:
    op.drop_table("job_outbox")
    op.drop_table("jobs")
