"""A fact in the outbox locks no company: all who write at once would share a lock on that one row, and write it anew."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

NAME, TABLE = "fk_outbox_company_id", "outbox"


def upgrade() -> None:
    op.drop_constraint(NAME, TABLE, type_="foreignkey")


def downgrade() -> None:
    op.create_foreign_key(NAME, TABLE, "companies", ["company_id"], ["id"])
