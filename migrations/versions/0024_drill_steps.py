"""What each part of a drill took: how long a restore takes is known before it is needed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("backup_drills", sa.Column("steps", JSONB, nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("backup_drills", "steps")
