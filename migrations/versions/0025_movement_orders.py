"""Movements of stock are looked up by item and by time, never by order: their index by order was written and not read."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

NAME, TABLE = "ix_stock_movements_company_id_order_number", "stock_movements"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index(NAME, TABLE, postgresql_concurrently=True, if_exists=True)


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_index(
            NAME, TABLE, ["company_id", "order_number"], postgresql_where=sa.text("order_number IS NOT NULL"),
            postgresql_concurrently=True, if_not_exists=True,
        )  # fmt: skip
