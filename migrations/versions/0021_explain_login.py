"""The login that plans statements: it reads what the app login may, held by the same policies."""

import sqlalchemy as sa
from alembic import op

from app.core.rls import let_explain

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

PLAIN = ("alembic_version", "event_epoch")  # every login reads them; they have no policy
# What `protect` made before it knew this login; a database made since has it already.
# The policies first: asked for every table there is, the second question meets some that are gone.
READABLE = """WITH ours AS MATERIALIZED (
                SELECT tablename, qual FROM pg_policies WHERE schemaname = 'public' AND policyname = 'company_rows')
              SELECT tablename, qual FROM ours
              WHERE has_table_privilege('qd_app', format('public.%I', tablename), 'SELECT')"""
OURS = "SELECT tablename FROM pg_policies WHERE schemaname = 'public' AND policyname = 'explain_reads'"


def upgrade() -> None:
    connection = op.get_bind()
    if connection.execute(sa.text("SELECT to_regrole('qd_explain')")).scalar() is None:
        raise RuntimeError("The login qd_explain is missing: run `flask db bootstrap` as an administrator first.")
    op.execute("GRANT USAGE ON SCHEMA public TO qd_explain")
    for table in PLAIN:
        op.execute(f"GRANT SELECT ON {table} TO qd_explain")
    for table, rule in connection.execute(sa.text(READABLE)).all():
        let_explain(table, rule)


def downgrade() -> None:
    for (table,) in op.get_bind().execute(sa.text(OURS)).all():
        op.execute(f"DROP POLICY explain_reads ON {table}")
        op.execute(f"REVOKE ALL ON {table} FROM qd_explain")
    for table in PLAIN:
        op.execute(f"REVOKE ALL ON {table} FROM qd_explain")
