"""Finding files by name, by digest and by type, and those that are not in use."""

import sqlalchemy as sa
from alembic import op

from app.core.rls import definer_function, owner_reads

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

LISTED = sa.text("parent_id IS NULL")


def upgrade() -> None:
    op.create_index(
        "ix_stored_files_type", "stored_files", ["company_id", "content_type", "id"], postgresql_where=LISTED
    )
    op.create_index(
        "ix_stored_files_digest", "stored_files", ["company_id", "sha256"],
        postgresql_where=sa.text("parent_id IS NULL AND sha256 <> ''"),
    )  # fmt: skip
    op.create_index(
        "ix_stored_files_apart", "stored_files", ["company_id", "state", "id"],
        postgresql_where=sa.text("parent_id IS NULL AND state <> 'ready'"),
    )  # fmt: skip
    op.create_index(
        "ix_stored_files_held", "stored_files", ["company_id", "id"],
        postgresql_where=sa.text("held_at IS NOT NULL"),
    )  # fmt: skip
    create_search()


def create_search() -> None:
    """LIKE is not leakproof, so under row-level security it never reaches an index: a function does it.

    It compares the company itself. The word is a LIKE pattern of the lower-cased name.
    """
    op.execute(
        "CREATE INDEX ix_stored_files_name ON stored_files USING gin (company_id, lower(file_name) gin_trgm_ops) WHERE parent_id IS NULL"
    )
    owner_reads("stored_files")
    definer_function(
        "search_files(word text, most integer)",
        returns="SETOF text",
        roles="qd_app",
        language="sql STABLE ROWS 100",
        body="""
        SELECT id FROM stored_files
        WHERE company_id = nullif(current_setting('qd.company_id', true), '')::bigint
          AND parent_id IS NULL AND lower(file_name) LIKE word
        ORDER BY id DESC LIMIT most
        """,
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION search_files(text, integer)")
    op.execute("DROP POLICY owner_selects ON stored_files")
    for name in ("name", "held", "apart", "digest", "type"):
        op.drop_index(f"ix_stored_files_{name}", table_name="stored_files")
