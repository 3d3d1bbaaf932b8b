"""Spans of time whose jobs are still to be added up, after the relay was away."""

import sqlalchemy as sa
from alembic import op

from app.core.rls import protect

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "figure_gaps",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("company_id", "since", name="pk_figure_gaps"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_figure_gaps_company_id"),
    )
    protect("figure_gaps")


def downgrade() -> None:
    op.drop_table("figure_gaps")
