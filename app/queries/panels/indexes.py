"""Indexes with what they cost and whether anybody uses them; those of partitions are added up under their own.

Loose space is what is left of a B-tree's pages when its entries lay as a fresh build lays them, from the average width of
its columns. Equal keys are stored once, so an index with many of them hides some of it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import psycopg.sql as psql

from app.queries.panels.tables import PAGE_BYTES, find_widths, like, share
from app.queries.server.protocol import Link, Row

Order = Literal["size", "bloat", "scans", "table", "name"]
# How full a build leaves the leaves; an index may say otherwise.
FILL = """coalesce((SELECT option_value::float8 FROM pg_options_to_table(c.reloptions) WHERE option_name = 'fillfactor'), 90) / 100"""
INDEXES = """
WITH RECURSIVE tree AS (
  SELECT c.oid, c.oid AS root FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('i', 'I') AND NOT c.relispartition AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND n.nspname NOT LIKE 'pg\\_%%'
  UNION ALL SELECT i.inhrelid, t.root FROM tree AS t JOIN pg_inherits AS i ON i.inhparent = t.oid
), figures AS MATERIALIZED (
  SELECT relation, attribute, ((1 - null_frac) * avg_width)::float8 AS width FROM {widths} WHERE NOT is_inherited
), entries AS (
  SELECT i.indexrelid AS oid, sum(f.width) AS width FROM tree AS t JOIN pg_index AS i ON i.indexrelid = t.oid
  JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_am AS m ON m.oid = c.relam AND m.amname = 'btree'
  JOIN pg_class AS r ON r.oid = i.indrelid CROSS JOIN unnest(i.indkey) AS key
  JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = key
  JOIN figures AS f ON f.relation = r.relname AND f.attribute = a.attname
  GROUP BY i.indexrelid, i.indnatts HAVING count(*) = i.indnatts
), sums AS (
  SELECT t.root, count(*) FILTER (WHERE c.relkind = 'i') AS parts, sum(c.relpages)::bigint AS pages,
         sum(greatest(c.reltuples, 0))::bigint AS entries, sum(pg_stat_get_numscans(c.oid))::bigint AS scans,
         sum(pg_stat_get_tuples_returned(c.oid))::bigint AS rows_read, max(pg_stat_get_lastscan(c.oid)) AS used_at,
         sum(pg_stat_get_blocks_fetched(c.oid))::bigint AS fetched, sum(pg_stat_get_blocks_hit(c.oid))::bigint AS hit,
         bool_and(i.indisvalid) AS is_valid,
         sum(greatest(c.relpages - 1 - ceil(c.reltuples * (12 + 8 * ceil(e.width / 8)) / (8152 * {fill})), 0))
           FILTER (WHERE c.reltuples > 0 AND e.width IS NOT NULL) AS loose_pages
  FROM tree AS t JOIN pg_class AS c ON c.oid = t.oid JOIN pg_index AS i ON i.indexrelid = c.oid
  LEFT JOIN entries AS e ON e.oid = c.oid GROUP BY t.root
)
SELECT n.nspname::text AS schema, t.relname::text AS table_name, c.relname::text AS name, m.amname::text AS method,
       i.indisunique AS is_unique, i.indisprimary AS is_primary, i.indpred IS NOT NULL AS is_partial, s.*,
       (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute AS a WHERE a.attrelid = c.oid) AS columns,
       i.indnkeyatts AS keys
FROM sums AS s JOIN pg_class AS c ON c.oid = s.root JOIN pg_index AS i ON i.indexrelid = c.oid
JOIN pg_class AS t ON t.oid = i.indrelid JOIN pg_namespace AS n ON n.oid = t.relnamespace JOIN pg_am AS m ON m.oid = c.relam
WHERE t.relname ILIKE %(like)s OR c.relname ILIKE %(like)s
ORDER BY {order}, c.relname LIMIT %(most)s
"""
ORDERS: dict[Order, str] = {
    "size": "s.pages DESC",
    "bloat": "s.loose_pages DESC NULLS LAST",
    "scans": "s.scans",
    "table": "t.relname",
    "name": "c.relname",
}


@dataclass(frozen=True)
class Index:
    """One index.

    Attributes:
        columns: In order; `included` those that it only carries along.
        scans: How often it was used since statistics began; `used_at` when last, None when never.
        loose_bytes: What building it anew would give back; None when its columns' widths are not known.
        hit_share: Share of its blocks found in PostgreSQL's memory.
        is_valid: False when building it broke off: it costs every write and serves no read.
    """

    schema: str
    table: str
    name: str
    method: str
    columns: tuple[str, ...]
    included: tuple[str, ...]
    parts: int
    bytes: int
    loose_bytes: int | None
    entries: int
    scans: int
    rows_read: int
    used_at: datetime | None
    hit_share: float | None
    is_unique: bool
    is_primary: bool
    is_partial: bool
    is_valid: bool

    @property
    def loose_share(self) -> float:
        """Share of its bytes that building it anew would give back."""
        return self.loose_bytes / self.bytes if self.loose_bytes and self.bytes else 0.0

    @property
    def is_idle(self) -> bool:
        """Whether no read used it, and no rule of the schema stands on it."""
        return not self.scans and not self.is_unique


def list_indexes(link: Link, *, q: str = "", order: Order = "size", most: int = 50) -> list[Index]:
    """Return indexes whose name or table contains `q`, in an order."""
    statement = psql.SQL(INDEXES).format(
        order=psql.SQL(ORDERS[order]), widths=psql.SQL(find_widths(link)), fill=psql.SQL(FILL)
    )
    return [_index(row) for row in link.execute(statement, {"like": like(q), "most": most}).fetchall()]


def _index(row: Row) -> Index:
    columns, keys = tuple(row["columns"] or ()), row["keys"]
    return Index(
        schema=row["schema"], table=row["table_name"], name=row["name"], method=row["method"], columns=columns[:keys],
        included=columns[keys:], parts=row["parts"], bytes=row["pages"] * PAGE_BYTES,
        loose_bytes=None if row["loose_pages"] is None else int(row["loose_pages"]) * PAGE_BYTES, entries=row["entries"],
        scans=row["scans"], rows_read=row["rows_read"], used_at=row["used_at"],
        hit_share=share(row["hit"], row["fetched"] - row["hit"]), is_unique=row["is_unique"],
        is_primary=row["is_primary"], is_partial=row["is_partial"], is_valid=row["is_valid"],
    )  # fmt: skip
