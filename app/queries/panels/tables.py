"""Tables with what they hold and how they are kept; a partitioned one is one row, added up.

Sizes are pages as VACUUM and ANALYZE last counted them: pg_relation_size would wait for whoever holds the table.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import psycopg.sql as psql

from app.queries.server.protocol import Link, Row

PAGE_BYTES = 8192
Order = Literal["size", "dead", "bloat", "writes", "scans", "age", "name"]
# Everything of ours: each table with its partitions, to any depth.
TREE = """
tree AS (
  SELECT c.oid, c.oid AS root FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'm') AND NOT c.relispartition AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND n.nspname NOT LIKE 'pg\\_%%'
  UNION ALL SELECT i.inhrelid, t.root FROM tree AS t JOIN pg_inherits AS i ON i.inhparent = t.oid
)"""
# A table's own settings of autovacuum come before the server's.
DUE = """
coalesce((SELECT option_value::float8 FROM pg_options_to_table(c.reloptions) WHERE option_name = 'autovacuum_vacuum_threshold'),
         current_setting('autovacuum_vacuum_threshold')::float8)
+ coalesce((SELECT option_value::float8 FROM pg_options_to_table(c.reloptions) WHERE option_name = 'autovacuum_vacuum_scale_factor'),
           current_setting('autovacuum_vacuum_scale_factor')::float8) * greatest(c.reltuples, 0)"""
TABLES = f"""
WITH RECURSIVE {TREE},
widths AS (
  SELECT relation, sum((1 - null_frac) * avg_width)::float8 AS width FROM {{widths}} WHERE NOT is_inherited GROUP BY relation
), parts AS (
  SELECT t.root, c.oid, c.relkind, c.relpages::bigint AS pages, c.reltuples::float8 AS tuples, d.relpages::bigint AS toast_pages,
         CASE WHEN c.relfrozenxid <> '0' THEN age(c.relfrozenxid) END AS xid_age, w.width,
         coalesce((SELECT option_value::float8 FROM pg_options_to_table(c.reloptions) WHERE option_name = 'fillfactor'), 100) / 100 AS fill,
         (SELECT coalesce(sum(x.relpages), 0) FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid WHERE i.indrelid = c.oid) AS index_pages,
         (SELECT coalesce(sum(pg_stat_get_numscans(i.indexrelid)), 0) FROM pg_index AS i WHERE i.indrelid = c.oid) AS index_scans,
         pg_stat_get_dead_tuples(c.oid) > {DUE} AS is_due
  FROM tree AS t JOIN pg_class AS c ON c.oid = t.oid LEFT JOIN pg_class AS d ON d.oid = c.reltoastrelid
  LEFT JOIN widths AS w ON w.relation = c.relname
), sums AS (
  SELECT root, count(*) FILTER (WHERE relkind <> 'p') AS parts, sum(pages) AS pages, coalesce(sum(toast_pages), 0) AS toast_pages,
         sum(index_pages) AS index_pages, sum(greatest(tuples, 0)) AS tuples, bool_or(tuples < 0 AND relkind <> 'p') AS is_unknown,
         max(xid_age) AS xid_age, sum(index_scans) AS index_scans, sum(pg_stat_get_numscans(oid)) AS scans,
         sum(pg_stat_get_tuples_returned(oid)) AS scanned, sum(pg_stat_get_live_tuples(oid)) AS live,
         sum(pg_stat_get_dead_tuples(oid)) AS dead, sum(pg_stat_get_mod_since_analyze(oid)) AS changed,
         sum(pg_stat_get_tuples_inserted(oid)) AS inserted, sum(pg_stat_get_tuples_updated(oid)) AS updated,
         sum(pg_stat_get_tuples_hot_updated(oid)) AS hot, sum(pg_stat_get_tuples_deleted(oid)) AS deleted,
         sum(pg_stat_get_blocks_fetched(oid)) AS fetched, sum(pg_stat_get_blocks_hit(oid)) AS hit,
         max(greatest(pg_stat_get_last_vacuum_time(oid), pg_stat_get_last_autovacuum_time(oid))) AS vacuumed_at,
         max(greatest(pg_stat_get_last_analyze_time(oid), pg_stat_get_last_autoanalyze_time(oid))) AS analysed_at,
         count(*) FILTER (WHERE is_due) AS due,
         sum(CASE WHEN width IS NOT NULL AND tuples > 0 THEN
           greatest(pages - ceil(tuples * (28 + 8 * ceil(width / 8)) / (8168 * fill)), 0) END) AS loose_pages
  FROM parts GROUP BY root
)
SELECT n.nspname::text AS schema, c.relname::text AS name, s.* FROM sums AS s
JOIN pg_class AS c ON c.oid = s.root JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relname ILIKE %(like)s ORDER BY {{order}}, n.nspname, c.relname LIMIT %(most)s
"""
WIDTHS = "public.planner_figures()"
NO_WIDTHS = """(SELECT NULL::name AS relation, NULL::name AS attribute, false AS is_inherited, 0::real AS null_frac,
                       0 AS avg_width WHERE false) AS none"""
KNOWS_WIDTHS = "SELECT has_function_privilege(to_regproc('public.planner_figures'), 'EXECUTE') AS is_there"
ORDERS: dict[Order, str] = {
    "size": "s.pages + s.toast_pages + s.index_pages DESC",
    "dead": "s.dead DESC",
    "bloat": "s.loose_pages DESC NULLS LAST",
    "writes": "s.inserted + s.updated + s.deleted DESC",
    "scans": "s.scanned DESC",
    "age": "s.xid_age DESC NULLS LAST",
    "name": "c.relname",
}


@dataclass(frozen=True)
class Table:
    """One table.

    Attributes:
        parts: How many partitions it has; 1 for a plain table.
        bytes: Of the rows themselves, `toast_bytes` of what is stored beside them, `index_bytes` of its indexes.
        rows: As last counted, or as counted by its writes when it never was.
        loose_bytes: How much smaller the rows would lie if the table were written anew; None when column widths are
            not known.
        scans: How often it was read from end to end, and `index_scans` how often through an index.
        hot_share: Share of updates that touched no index; None without updates.
        hit_share: Share of its blocks found in PostgreSQL's memory; None when none was asked for.
        due: How many of its parts wait for autovacuum.
    """

    schema: str
    name: str
    parts: int
    bytes: int
    toast_bytes: int
    index_bytes: int
    rows: int
    dead: int
    loose_bytes: int | None
    scans: int
    index_scans: int
    rows_scanned: int
    inserted: int
    updated: int
    deleted: int
    hot_share: float | None
    hit_share: float | None
    changed_since_analyze: int
    vacuumed_at: datetime | None
    analysed_at: datetime | None
    due: int
    xid_age: int | None

    @property
    def total_bytes(self) -> int:
        """All it takes on disk."""
        return self.bytes + self.toast_bytes + self.index_bytes

    @property
    def dead_share(self) -> float:
        """Share of its rows that nobody can see any more."""
        return self.dead / (self.dead + self.rows) if self.dead else 0.0

    @property
    def loose_share(self) -> float:
        """Share of its own bytes that a rewrite would give back."""
        return self.loose_bytes / self.bytes if self.loose_bytes and self.bytes else 0.0


def list_tables(link: Link, *, q: str = "", order: Order = "size", most: int = 50) -> list[Table]:
    """Return tables whose name contains `q`, in an order."""
    statement = psql.SQL(TABLES).format(widths=psql.SQL(find_widths(link)), order=psql.SQL(ORDERS[order]))
    return [_table(row) for row in link.execute(statement, {"like": like(q), "most": most}).fetchall()]


def find_widths(link: Link) -> str:
    """Return where the widths of columns are read; of nothing where the login may not."""
    knows = link.execute(KNOWS_WIDTHS).fetchone()
    return WIDTHS if knows is not None and knows["is_there"] else NO_WIDTHS


def like(q: str) -> str:
    """Return a pattern that finds a text anywhere, whatever signs are in it."""
    for sign in "\\%_":
        q = q.replace(sign, f"\\{sign}")
    return f"%{q}%"


def share(part: int, rest: int) -> float | None:
    """Return a share, None of nothing."""
    return part / (part + rest) if part + rest else None


def _table(row: Row) -> Table:
    updated, fetched = int(row["updated"]), int(row["fetched"])
    return Table(
        schema=row["schema"], name=row["name"], parts=row["parts"], bytes=int(row["pages"]) * PAGE_BYTES,
        toast_bytes=int(row["toast_pages"]) * PAGE_BYTES, index_bytes=int(row["index_pages"]) * PAGE_BYTES,
        rows=int(row["live"] if row["is_unknown"] else row["tuples"]), dead=int(row["dead"]),
        loose_bytes=None if row["loose_pages"] is None else int(row["loose_pages"]) * PAGE_BYTES,
        scans=int(row["scans"]), index_scans=int(row["index_scans"]), rows_scanned=int(row["scanned"]),
        inserted=int(row["inserted"]), updated=updated, deleted=int(row["deleted"]),
        hot_share=int(row["hot"]) / updated if updated else None,
        hit_share=share(int(row["hit"]), fetched - int(row["hit"])), changed_since_analyze=int(row["changed"]),
        vacuumed_at=row["vacuumed_at"], analysed_at=row["analysed_at"], due=row["due"], xid_age=row["xid_age"],
    )  # fmt: skip
