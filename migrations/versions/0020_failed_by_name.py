"""Failed jobs of one name, newest first: one in fifty jobs fails, so the lists of all jobs of a name are no help."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

INDEXES = {"name_id_failed": ["name", "id"], "company_id_name_id_failed": ["company_id", "name", "id"]}


def upgrade() -> None:
    for name, columns in INDEXES.items():
        op.create_index(f"ix_jobs_{name}", "jobs", columns, postgresql_where=sa.text("state = 'failed'"))


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(f"ix_jobs_{name}", "jobs")
