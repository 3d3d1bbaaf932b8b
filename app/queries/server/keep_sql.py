"""The statements that write a reading: each takes its rows as one JSON value, so that its text never changes."""

import sqlalchemy as sa

from app.queries.server.counters import NAMES, WHOLE

COLUMNS = ", ".join(NAMES)
TYPED = ", ".join(f"{name} {'bigint' if name in WHOLE else 'float8'}" for name in NAMES)


def _add(table: str) -> sa.TextClause:
    sums = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in NAMES)
    return sa.text(
        f"INSERT INTO {table} (company_id, at, key, {COLUMNS}) SELECT :whose, :at, key, {COLUMNS} "
        f"FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(key text, {TYPED}) "
        f"ON CONFLICT (company_id, at, key) DO UPDATE SET {sums}"
    )


MINUTES = _add("server_minutes")
HOURS = _add("server_hours")
COUNTERS = sa.text(
    f"INSERT INTO server_counters (company_id, key, read_at, stats_since, {COLUMNS}) "
    f"SELECT :whose, key, :at, stats_since, {COLUMNS} "
    f"FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(key text, stats_since timestamptz, {TYPED}) "
    "ON CONFLICT (company_id, key) DO UPDATE SET read_at = excluded.read_at, stats_since = excluded.stats_since, "
    + ", ".join(f"{name} = excluded.{name}" for name in NAMES)
)
STATEMENTS = sa.text(
    "INSERT INTO server_statements (company_id, key, queryid, role, is_toplevel, text, fingerprint, first_seen_at, "
    "last_seen_at) SELECT :whose, key, queryid, role, is_toplevel, text, fingerprint, :at, :at "
    "FROM jsonb_to_recordset(CAST(:rows AS jsonb)) "
    "AS r(key text, queryid text, role text, is_toplevel boolean, text text, fingerprint text) "
    "ON CONFLICT (company_id, key) DO NOTHING"
)
# Not each minute: nobody asks so exactly, and each time makes a dead row.
SEEN = sa.text(
    "UPDATE server_statements SET last_seen_at = :at WHERE company_id = :whose AND key = ANY(CAST(:keys AS text[])) "
    "AND last_seen_at < CAST(:at AS timestamptz) - interval '10 minutes'"
)
# Should an entry come back, it begins at nothing.
FORGET = sa.text("DELETE FROM server_counters WHERE company_id = :whose AND key = ANY(CAST(:keys AS text[]))")
