"""The monitor reads how far sequences have come: a full one stops every insert."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO qd_monitor")
    op.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON SEQUENCES TO qd_monitor")


def downgrade() -> None:
    op.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT ON SEQUENCES FROM qd_monitor")
    op.execute("REVOKE SELECT ON ALL SEQUENCES IN SCHEMA public FROM qd_monitor")
