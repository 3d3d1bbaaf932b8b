"""Mailings, notifications, reports, and what restore drills found."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from app.core.rls import protect

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

NOW = sa.text("now()")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    create_mailings()
    create_recipients()
    create_notifications()
    create_reports()
    create_drills()


def key(*columns: str, table: str) -> list[sa.Constraint]:
    """The primary key, and the company it begins with."""
    return [
        sa.PrimaryKeyConstraint("company_id", *columns, name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=f"fk_{table}_company_id"),
    ]


def create_mailings() -> None:
    op.create_table(
        "mailings",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("html", sa.Text, nullable=False, server_default=""),
        sa.Column("attachments", JSONB, nullable=False, server_default="[]"),
        sa.Column("created_at", INSTANT, nullable=False, server_default=NOW),
        *key("id", table="mailings"),
    )
    protect("mailings", app="SELECT, INSERT", system="SELECT, DELETE")
    # What is too old is looked for over all companies.
    op.create_index("ix_mailings_id", "mailings", ["id"])


def create_recipients() -> None:
    """One row an address, because a crash in the middle must neither forget nor repeat anybody."""
    op.create_table(
        "mail_recipients",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("mailing_id", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="waiting"),
        sa.Column("answer", sa.Text, nullable=False, server_default=""),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("tried_at", INSTANT),
        *key("mailing_id", "address", table="mail_recipients"),
        sa.ForeignKeyConstraint(
            ["company_id", "mailing_id"], ["mailings.company_id", "mailings.id"], name="fk_mail_recipients_company_id_mailing"
        ),
        sa.CheckConstraint(
            "state IN ('waiting','sending','sent','refused','unsure')", name=op.f("ck_mail_recipients_state")
        ),
    )  # fmt: skip
    protect("mail_recipients", app="SELECT, INSERT, UPDATE", system="SELECT, DELETE")


def create_notifications() -> None:
    op.create_table(
        "notifications",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("link", sa.Text, nullable=False, server_default=""),
        sa.Column("created_at", INSTANT, nullable=False, server_default=NOW),
        sa.Column("read_at", INSTANT),
        *key("id", table="notifications"),
        sa.ForeignKeyConstraint(
            ["company_id", "user_id"], ["users.company_id", "users.id"], name="fk_notifications_company_id_user_id"
        ),
    )
    protect("notifications", app="SELECT, INSERT, UPDATE", system="SELECT, DELETE")
    op.create_index("ix_notifications_company_id_user_id_id", "notifications", ["company_id", "user_id", "id"])
    op.create_index(
        "ix_notifications_unread", "notifications", ["company_id", "user_id"], postgresql_where=sa.text("read_at IS NULL")
    )  # fmt: skip
    op.create_index("ix_notifications_read_at", "notifications", ["read_at"])


def create_reports() -> None:
    op.create_table(
        "reports",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("formats", ARRAY(sa.Text), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("mail_to", ARRAY(sa.Text), nullable=False, server_default="{}"),
        sa.Column("actor", JSONB, nullable=False),
        sa.Column("job_id", sa.Text),
        sa.Column("files", JSONB, nullable=False, server_default="{}"),
        sa.Column("totals", JSONB, nullable=False, server_default="[]"),
        sa.Column("created_at", INSTANT, nullable=False, server_default=NOW),
        sa.Column("finished_at", INSTANT),
        *key("id", table="reports"),
        sa.CheckConstraint("kind IN ('sales','inventory','financial')", name=op.f("ck_reports_kind")),
        sa.CheckConstraint("since < until", name=op.f("ck_reports_period")),
    )
    protect("reports", app="SELECT, INSERT, UPDATE", system="SELECT, DELETE")
    op.create_index("ix_reports_id", "reports", ["id"])


def create_drills() -> None:
    """Drills belong to the installation, and outlive the backups they tried."""
    op.create_table(
        "backup_drills",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("backup", sa.Text, nullable=False),
        sa.Column("is_good", sa.Boolean, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("differences", JSONB, nullable=False, server_default="[]"),
        sa.Column("tables", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("rows", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("actor", JSONB, nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=False),
        *key("id", table="backup_drills"),
    )
    protect("backup_drills", app="SELECT, INSERT")


def downgrade() -> None:
    for table in ("backup_drills", "reports", "notifications", "mail_recipients", "mailings"):
        op.drop_table(table)
