"""One reading of pg_stat_statements: counters always, texts only of entries that are new to us."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import psycopg.sql as psql

from app.queries.server.problems import CountersMissing
from app.queries.server.protocol import Link

Sums = dict[str, float]
WHOLE = (
    "calls", "plans", "rows", "shared_blks_hit", "shared_blks_read", "shared_blks_dirtied", "shared_blks_written",
    "temp_blks_read", "temp_blks_written", "wal_bytes",
)  # fmt: skip
TIMES = ("plan_ms", "exec_ms", "read_ms", "write_ms")
NAMES = (*WHOLE, *TIMES)
# What PostgreSQL 17 calls them, and 14 to 16 where that differs.
COLUMNS = {
    "plan_ms": ("total_plan_time",),
    "exec_ms": ("total_exec_time",),
    "read_ms": ("shared_blk_read_time", "blk_read_time"),
    "write_ms": ("shared_blk_write_time", "blk_write_time"),
}
HOME = """
SELECT n.nspname AS home, array(
  SELECT a.attname::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
  WHERE c.relname = 'pg_stat_statements' AND c.relnamespace = e.extnamespace AND a.attnum > 0) AS columns
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'
"""
# The monitor's own questions are left out: they would be the busiest statements of a quiet installation.
ENTRIES = """
SELECT format('%s:%s:%s', s.userid, s.queryid, s.toplevel) AS key, s.queryid::text AS queryid,
       coalesce(r.rolname::text, s.userid::text) AS role, s.toplevel AS is_toplevel, {since} AS stats_since, {sums}
FROM {home}.pg_stat_statements(false) s JOIN pg_database d ON d.oid = s.dbid LEFT JOIN pg_roles r ON r.oid = s.userid
WHERE d.datname = current_database() AND s.queryid IS NOT NULL AND r.rolname IS DISTINCT FROM current_user
"""
TEXTS = """
SELECT format('%%s:%%s:%%s', s.userid, s.queryid, s.toplevel) AS key, s.query AS text
FROM {home}.pg_stat_statements(true) s JOIN pg_database d ON d.oid = s.dbid
WHERE d.datname = current_database() AND format('%%s:%%s:%%s', s.userid, s.queryid, s.toplevel) = ANY(%s)
"""
INFO = "SELECT dealloc, stats_reset FROM {home}.pg_stat_statements_info"


@dataclass(frozen=True)
class Entry:
    """The counters of one entry since `stats_since`; that is None before PostgreSQL 17."""

    key: str
    queryid: str
    role: str
    is_toplevel: bool
    stats_since: datetime | None
    sums: Sums


@dataclass(frozen=True)
class Reading:
    """All counters of this database at one instant.

    Attributes:
        read_at: By the server's clock, taken before the counters: what began later is in the next reading, too.
        evicted: How often PostgreSQL dropped entries because it holds too many.
        reset_at: When somebody cleared all of them.
    """

    read_at: datetime
    evicted: int
    reset_at: datetime | None
    entries: dict[str, Entry]


@dataclass(frozen=True)
class Home:
    """Where the extension stands, and which columns its version has."""

    schema: str
    columns: frozenset[str]


def find_home(link: Link) -> Home:
    """Look for the extension.

    Raises:
        CountersMissing: It is not in this database.
    """
    found = link.execute(HOME).fetchone()
    if found is None:
        raise CountersMissing
    return Home(found["home"], frozenset(found["columns"]))


def read_counters(link: Link, home: Home) -> Reading:
    """Read every entry of this database but the monitor's own, without its text."""
    schema = psql.Identifier(home.schema)
    clock = link.execute("SELECT clock_timestamp() AS at").fetchone()
    info = link.execute(psql.SQL(INFO).format(home=schema)).fetchone()
    if clock is None or info is None:
        raise CountersMissing
    since = psql.Identifier("s", "stats_since") if "stats_since" in home.columns else psql.SQL("NULL::timestamptz")
    statement = psql.SQL(ENTRIES).format(home=schema, since=since, sums=_sums(home))
    entries = {
        row["key"]: Entry(
            row["key"], row["queryid"], row["role"], row["is_toplevel"], row["stats_since"],
            {name: row[name] for name in NAMES},
        )
        for row in link.execute(statement)
    }  # fmt: skip
    return Reading(clock["at"], info["dealloc"], info["stats_reset"], entries)


def read_texts(link: Link, home: Home, keys: Collection[str]) -> dict[str, str]:
    """Read the texts of some entries: PostgreSQL reads all of them from a file for it, so ask only for new ones."""
    statement = psql.SQL(TEXTS).format(home=psql.Identifier(home.schema))
    return {row["key"]: row["text"] for row in link.execute(statement, [list(keys)])}


def _sums(home: Home) -> psql.Composed:
    """Return the columns under our names, whatever this version calls them."""
    parts = []
    for name in NAMES:
        theirs = next((column for column in COLUMNS.get(name, (name,)) if column in home.columns), None)
        kind = psql.SQL("bigint" if name in WHOLE else "float8")
        value = psql.SQL("0") if theirs is None else psql.Identifier("s", theirs)
        parts.append(psql.SQL("{}::{} AS {}").format(value, kind, psql.Identifier(name)))
    return psql.SQL(", ").join(parts)
