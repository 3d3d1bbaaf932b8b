"""Units of a line that will not leave, and the version of an order that a note made.

Adding a column with a constant default, or without one, rewrites nothing, however many lines there are.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

UNITS = "ck_order_lines_units"


def upgrade() -> None:
    op.add_column("order_lines", sa.Column("cancelled", sa.BigInteger, nullable=False, server_default="0"))
    op.drop_constraint(op.f(UNITS), "order_lines", type_="check")
    op.create_check_constraint(
        op.f(UNITS),
        "order_lines",
        "reserved >= 0 AND shipped >= 0 AND returned >= 0 AND cancelled >= 0 AND returned <= shipped "
        "AND reserved + shipped + cancelled <= greatest(quantity, 0)",
    )
    op.add_column("order_notes", sa.Column("order_version", sa.BigInteger))


def downgrade() -> None:
    op.drop_column("order_notes", "order_version")
    op.drop_constraint(op.f(UNITS), "order_lines", type_="check")
    op.create_check_constraint(
        op.f(UNITS),
        "order_lines",
        "reserved >= 0 AND shipped >= 0 AND returned >= 0 AND returned <= shipped "
        "AND reserved + shipped <= greatest(quantity, 0)",
    )
    op.drop_column("order_lines", "cancelled")
