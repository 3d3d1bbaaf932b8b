"""Finding jobs within a company by every field of the list, and remembering what one act did to many of them."""

import sqlalchemy as sa
from alembic import op

from app.core.rls import definer_function, owner_reads, protect

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# Each serves "newest first" of one filter of the list. A policy compares the company first, so within a company
# the company leads; the platform's own lists have theirs from 0010.
INDEXES = {
    "company_id_name_id": (["company_id", "name", "id"], None),
    "company_id_queue_id": (["company_id", "queue", "id"], None),
    "company_id_id_failed": (["company_id", "id"], "state = 'failed'"),
    "company_id_id_put_away": (["company_id", "id"], "state IN ('cancelled','discarded')"),
    "id_put_away": (["id"], "state IN ('cancelled','discarded')"),
}


def upgrade() -> None:
    for name, (columns, where) in INDEXES.items():
        op.create_index(f"ix_jobs_{name}", "jobs", columns, postgresql_where=sa.text(where) if where else None)
    create_search()
    create_items()


def create_search() -> None:
    """Search in arguments under row-level security.

    Containment is not leakproof, so a plain query of the app role would read every job of the company. This runs as
    the owner and compares the company itself; it returns ids, and the caller reads the rows under the policies.
    """
    owner_reads("jobs")
    definer_function(
        "search_jobs(wanted jsonb, otherwise jsonb, below text, most integer)",
        returns="SETOF text",
        language="plpgsql",
        # Planned anew each time (EXECUTE): rare and common values differ.
        body="""
        BEGIN
          RETURN QUERY EXECUTE $query$
            SELECT id FROM jobs WHERE company_id = $1 AND (args @> $2 OR args @> $3) AND id < $4
            ORDER BY id DESC LIMIT $5
          $query$ USING nullif(current_setting('qd.company_id', true), '')::bigint, wanted, otherwise, below, most;
        END
        """,
    )


def create_items() -> None:
    """One row a job that a bulk act reached, written with the act: so it acts once, and is undone exactly."""
    op.create_table(
        "job_bulk_items",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("bulk_id", sa.Text, nullable=False),
        sa.Column("job_id", sa.Text, nullable=False),
        sa.Column("made_id", sa.Text),
        sa.PrimaryKeyConstraint("company_id", "bulk_id", "job_id", name="pk_job_bulk_items"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_job_bulk_items_company_id"),
    )
    protect("job_bulk_items", app="SELECT, INSERT, DELETE")
    op.create_index("ix_job_bulk_items_bulk_id", "job_bulk_items", ["bulk_id"])


def downgrade() -> None:
    op.drop_table("job_bulk_items")
    op.execute("DROP FUNCTION search_jobs(jsonb, jsonb, text, integer)")
    op.execute("DROP POLICY owner_selects ON jobs")
    for name in INDEXES:
        op.drop_index(f"ix_jobs_{name}", "jobs")
