"""What runs by the clock, when it ran, and who looks at the clock."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from app.core.rls import protect

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

NOW = sa.text("now()")
INSTANT = sa.DateTime(timezone=True)
EMPTY = sa.text("'{}'::jsonb")


def upgrade() -> None:
    create_schedules()
    create_runs()
    create_schedulers()


def create_schedules() -> None:
    op.create_table(
        "schedules",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("key", sa.Text),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("job", sa.Text, nullable=False),
        sa.Column("args", JSONB, nullable=False, server_default=EMPTY),
        sa.Column("cron", sa.Text, nullable=False),
        sa.Column("timezone", sa.Text, nullable=False),
        sa.Column("scope", sa.Text, nullable=False, server_default="installation"),
        sa.Column("grace_s", sa.Integer, nullable=False, server_default="3600"),
        sa.Column("next_at", INSTANT, nullable=False),
        sa.Column("is_paused", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("paused_reason", sa.Text, nullable=False, server_default=""),
        sa.Column("paused_by", JSONB, nullable=False, server_default=EMPTY),
        sa.Column("paused_until", INSTANT),
        sa.Column("last_at", INSTANT),
        sa.Column("last_job_id", sa.Text),
        sa.Column("created_at", INSTANT, nullable=False, server_default=NOW),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("company_id", "id", name="pk_schedules"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_schedules_company_id"),
        sa.UniqueConstraint("company_id", "key", name="uq_schedules_company_id_key"),
        sa.CheckConstraint("scope IN ('installation','each-company')", name=op.f("ck_schedules_scope")),
        sa.CheckConstraint("grace_s >= 0", name=op.f("ck_schedules_grace_s")),
    )
    protect("schedules")
    op.create_index("ix_schedules_company_id_next_at", "schedules", ["company_id", "next_at"])


def create_runs() -> None:
    op.create_table(
        "schedule_runs",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("schedule_id", sa.Text, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("at", INSTANT, nullable=False, server_default=NOW),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("job_id", sa.Text),
        sa.Column("times", sa.Integer, nullable=False, server_default="1"),
        sa.Column("is_by_hand", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("note", sa.Text, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("company_id", "id", name="pk_schedule_runs"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_schedule_runs_company_id"),
        sa.ForeignKeyConstraint(
            ["company_id", "schedule_id"],
            ["schedules.company_id", "schedules.id"],
            name="fk_schedule_runs_company_id_schedule_id",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("outcome IN ('fired','missed','skipped')", name=op.f("ck_schedule_runs_outcome")),
    )
    protect("schedule_runs")
    op.create_index("ix_schedule_runs_company_id_schedule_id_id", "schedule_runs", ["company_id", "schedule_id", "id"])
    op.create_index(
        "ix_schedule_runs_missed", "schedule_runs", ["company_id", "id"], postgresql_where=sa.text("outcome = 'missed'")
    )


def create_schedulers() -> None:
    op.create_table(
        "schedulers",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("process", sa.Text, nullable=False),
        sa.Column("started_at", INSTANT, nullable=False, server_default=NOW),
        sa.Column("ticked_at", INSTANT, nullable=False, server_default=NOW),
        sa.Column("is_told", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("company_id", "process", name="pk_schedulers"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_schedulers_company_id"),
    )
    protect("schedulers")


def downgrade() -> None:
    for table in ("schedulers", "schedule_runs", "schedules"):
        op.drop_table(table)
