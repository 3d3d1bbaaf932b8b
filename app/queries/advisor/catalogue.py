"""Reads what tables, columns and indexes there are, and how they are used: catalogues alone, no row of anybody's.

Columns' statistics come from `column_stats`, because `pg_stats` shows a login only what it may read; the backend that
plans has a copy of them.
"""

from collections.abc import Mapping
from typing import Any, LiteralString

import pgparse
import psycopg

from app.queries.advisor.expressions import write
from app.queries.advisor.types import Catalogue, Column, Index, Table

Row = dict[str, Any]  # Any: a column of the catalogue
Link = psycopg.Connection[Row]
Stats = Mapping[tuple[str, str], Column]

TABLES: LiteralString = """
SELECT c.oid, c.relname AS name, c.relkind = 'p' AS is_partitioned, greatest(c.reltuples, 0) AS rows, c.relpages AS pages,
       c.relallvisible AS visible, p.relname AS parent, s.n_mod_since_analyze AS changed,
       greatest(s.last_analyze, s.last_autoanalyze) AS analyzed_at, s.n_tup_upd AS updated, s.n_tup_hot_upd AS hot
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_class p ON p.oid = i.inhparent
LEFT JOIN pg_stat_user_tables s ON s.relid = c.oid
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relpersistence = 'p' ORDER BY c.relname
"""
COLUMNS: LiteralString = """
SELECT a.attrelid AS oid, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
       CASE WHEN a.attlen > 0 THEN a.attlen ELSE 32 END AS width
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND a.attnum > 0
      AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum
"""
# Pages of pg_class instead of pg_relation_size, which waits for whoever holds the table.
INDEXES: LiteralString = """
SELECT x.indrelid AS oid, ic.relname AS name, pg_get_indexdef(x.indexrelid) AS definition, am.amname AS method,
       x.indisunique AS is_unique, x.indisvalid AND x.indisready AS is_valid, x.indisprimary AS is_primary,
       x.indisreplident AS is_identity, x.indisexclusion AS is_exclusion, ic.relpages::bigint * 8192 AS size,
       coalesce(s.idx_scan, 0) AS scans, x.indnkeyatts AS keys,
       (SELECT array_agg(pg_get_indexdef(x.indexrelid, n, false) ORDER BY n) FROM generate_series(1, x.indnatts) n) AS columns,
       (SELECT array_agg(o ORDER BY n) FROM unnest(x.indoption) WITH ORDINALITY AS t(o, n)) AS options,
       (SELECT array_agg(CASE WHEN oc.opcdefault THEN '' ELSE oc.opcname END ORDER BY n)
          FROM unnest(x.indclass) WITH ORDINALITY AS t(o, n) JOIN pg_opclass oc ON oc.oid = t.o) AS operators,
       coalesce(pg_get_expr(x.indpred, x.indrelid), '') AS predicate,
       EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.indexrelid) AS is_constraint,
       EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = x.indexrelid) AS is_part,
       EXISTS (SELECT FROM pg_stat_progress_create_index b WHERE b.index_relid = x.indexrelid) AS is_building
FROM pg_index x JOIN pg_class ic ON ic.oid = x.indexrelid JOIN pg_am am ON am.oid = ic.relam
JOIN pg_class c ON c.oid = x.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_stat_user_indexes s ON s.indexrelid = x.indexrelid
WHERE n.nspname = 'public' ORDER BY ic.relname
"""
FOREIGN_KEYS: LiteralString = """
SELECT k.conrelid AS oid, k.conname AS name,
       (SELECT array_agg(a.attname ORDER BY u.n) FROM unnest(k.conkey) WITH ORDINALITY AS u(attnum, n)
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum) AS columns
FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace WHERE k.contype = 'f' AND n.nspname = 'public'
"""
SINCE: LiteralString = "SELECT stats_reset AS since FROM pg_stat_database WHERE datname = current_database()"
PARTS: LiteralString = """
SELECT parent.relname AS parent, coalesce(sum(s.idx_scan), 0) AS scans, sum(c.relpages)::bigint * 8192 AS size
FROM pg_inherits i JOIN pg_class parent ON parent.oid = i.inhparent JOIN pg_class c ON c.oid = i.inhrelid
LEFT JOIN pg_stat_user_indexes s ON s.indexrelid = i.inhrelid WHERE parent.relkind = 'I' GROUP BY 1
"""


def read_catalogue(link: Link, column_stats: Stats) -> Catalogue:
    """Read tables with their columns and indexes; partitions are summed up in the table they are parts of."""
    rows = {row["oid"]: row for row in link.execute(TABLES)}
    columns = gather_columns(link, rows, column_stats)
    foreign = gather(link.execute(FOREIGN_KEYS))
    parts = {row["parent"]: row for row in link.execute(PARTS)}
    indexes = gather(link.execute(INDEXES))
    root_of = {row["name"]: root(row["name"], rows) for row in rows.values() if row["parent"]}
    tables = {}
    for oid, row in rows.items():
        if row["parent"]:
            continue
        own = [one for one in rows.values() if root_of.get(one["name"]) == row["name"] and not one["is_partitioned"]]
        made = [read_index(row["name"], one, foreign.get(oid, []), parts) for one in indexes.get(oid, [])]
        tables[row["name"]] = read_table(row, own, columns[oid], made)
    since = link.execute(SINCE).fetchone()
    return Catalogue(tables, root_of, since["since"] if since else None)


def root(name: str, rows: Mapping[int, Row]) -> str:
    """Return the table at the top that a partition belongs to."""
    parents = {row["name"]: row["parent"] for row in rows.values()}
    while parents.get(name):
        name = parents[name]
    return name


def gather(rows: Any) -> dict[int, list[Row]]:  # Any: psycopg's cursor
    """Gather rows by their table."""
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(row["oid"], []).append(row)
    return found


def gather_columns(link: Link, rows: Mapping[int, Row], stats: Stats) -> dict[int, dict[str, Column]]:
    """Return each table's columns, with the planner's figures where there are some."""
    found: dict[int, dict[str, Column]] = {oid: {} for oid in rows}
    for row in link.execute(COLUMNS):
        if row["oid"] not in rows:
            continue  # a table, or a day's partition, that was made after the tables were read
        known = stats.get((rows[row["oid"]]["name"], row["name"]))
        found[row["oid"]][row["name"]] = Column(
            row["name"], row["type"], *((known.width, known.distinct, known.correlation, known.nulls) if known else (row["width"],))
        )  # fmt: skip
    return found


def read_table(row: Row, own: list[Row], columns: dict[str, Column], indexes: list[Index]) -> Table:
    """Sum up a table and its partitions."""
    parts = own or [row]
    pages, updated = sum(one["pages"] for one in parts), sum(one["updated"] or 0 for one in parts)
    visible = sum(one["visible"] for one in parts)
    analyzed = [one["analyzed_at"] for one in parts if one["rows"] > 0]
    return Table(
        name=row["name"],
        rows=sum(one["rows"] for one in parts),
        pages=pages,
        visible_share=visible / pages if pages else 0.0,
        columns=columns,
        indexes=tuple(indexes),
        partitions=tuple(one["name"] for one in own),
        changed=sum(one["changed"] or 0 for one in parts),
        analyzed_at=min(analyzed) if analyzed and all(analyzed) else None,
        hot_share=sum(one["hot"] or 0 for one in parts) / updated if updated else 0.0,
    )


def read_index(table: str, row: Row, foreign: list[Row], parts: Mapping[str, Row]) -> Index:
    """Read one index."""
    count = row["keys"]
    keys = tuple(
        key_text(text, option, operators)
        for text, option, operators in zip(row["columns"][:count], row["options"], row["operators"], strict=False)
    )
    part = parts.get(row["name"])
    return Index(
        name=row["name"], table=table, definition=row["definition"], keys=keys, include=tuple(row["columns"][count:]),
        where=rewrite(row["predicate"]) if row["predicate"] else "", method=row["method"], is_unique=row["is_unique"],
        is_valid=row["is_valid"] or row["is_building"], is_needed=why_needed(row, keys, foreign),
        scans=int(part["scans"] if part else row["scans"]), size_bytes=int(part["size"] if part else row["size"]),
    )  # fmt: skip


def why_needed(row: Row, keys: tuple[str, ...], foreign: list[Row]) -> str:
    """Say why an index must stay whatever is read through it; "" when nothing says so."""
    if row["is_primary"]:
        return "primary key"
    if row["is_unique"] or row["is_constraint"] or row["is_exclusion"]:
        return "keeps rows unique" if row["is_unique"] else "a constraint stands on it"
    if row["is_identity"]:
        return "replica identity"
    if row["is_part"]:
        return "part of a partitioned index"
    for key in foreign:
        if set(keys[: len(key["columns"])]) == set(key["columns"]) and not row["predicate"]:
            return f"supports the foreign key {key['name']}"
    return ""


def key_text(text: str, option: int, operators: str) -> str:
    """Write a key as `Key.sql` does, so that both can be compared; bit 1 of the option is DESC, bit 2 NULLS FIRST."""
    written = rewrite(text)
    parts = [written if written.replace("_", "").isalnum() else f"({written})"]
    parts += [operators] if operators else []
    is_desc, nulls_first = bool(option & 1), bool(option & 2)
    parts += ["DESC"] if is_desc else []
    parts += [f"NULLS {'FIRST' if nulls_first else 'LAST'}"] if is_desc != nulls_first else []
    return " ".join(parts)


def rewrite(text: str) -> str:
    """Write an expression of the server's as `expressions.write` does."""
    try:
        [statement] = pgparse.parse(f"SELECT WHERE {text}")
    except (pgparse.PGQueryError, ValueError):
        return text
    return write(statement["stmt"]["SelectStmt"]["whereClause"]) or text
