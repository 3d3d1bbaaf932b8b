"""Tell an item whose stock is out from one of which stock was never kept."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

FORCED = ("items", "stock_movements")


def upgrade() -> None:
    op.add_column("items", sa.Column("has_moved", sa.Boolean, nullable=False, server_default=sa.false()))
    # The policies hold for the owner too; for this one statement they do not.
    for table in FORCED:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE items SET has_moved = true WHERE on_hand > 0 OR EXISTS (SELECT FROM stock_movements m "
        "WHERE m.company_id = items.company_id AND m.item_id = items.id)"
    )
    for table in FORCED:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    index_short("available <= reorder_point AND archived_at IS NULL AND (has_moved OR reorder_point > 0)")


def downgrade() -> None:
    index_short("available <= reorder_point AND archived_at IS NULL")
    op.drop_column("items", "has_moved")


def index_short(condition: str) -> None:
    """Build the index of the views "out or low" and "out" anew."""
    op.drop_index("ix_items_short", "items")
    op.create_index("ix_items_short", "items", ["company_id", "available", "id"], postgresql_where=sa.text(condition))
