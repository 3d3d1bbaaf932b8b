"""Indexes that are tried: made on the empty tables of a copy, given a size, and invalid until a plan asks for them."""

import re
from typing import Any

import pgparse
import psycopg.sql as psql

from app.queries.explain.problems import ExplainRefused
from app.queries.server.protocol import Link, Row
from app.queries.shadow.build import connect
from app.queries.shadow.estimate import LIKELY_WIDTH, Shape, estimate_pages
from app.queries.shadow.heights import evict, raise_tree
from app.queries.shadow.holes import PAGE_BYTES, Extent, dig
from app.queries.shadow.server import Address

HEAD = re.compile(
    r"^\s*CREATE\s+(UNIQUE\s+)?INDEX\s+(?:CONCURRENTLY\s+)?(?:IF\s+NOT\s+EXISTS\s+)?(?:(?:\"[^\"]+\"|[\w.]+)\s+)?ON\s",
    re.IGNORECASE,
)
LEAVES = """SELECT c.oid::bigint AS id, c.relname AS name, c.relpages AS pages, c.reltuples AS rows,
  c.relallvisible AS visible FROM pg_class c WHERE c.relkind = 'r' AND (c.oid = to_regclass(%(table)s)
  OR c.oid IN (SELECT relid FROM pg_partition_tree(to_regclass(%(table)s))))"""
MADE = """SELECT c.oid::bigint AS id, c.relkind::text AS kind, i.indrelid::bigint AS table_id, i.indisunique AS is_unique,
  i.indnatts > i.indnkeyatts AS has_more, m.amname AS method, pg_get_expr(i.indpred, i.indrelid) AS predicate,
  pg_relation_filepath(c.oid) AS path,
  (SELECT sum(CASE WHEN a.attlen > 0 THEN a.attlen ELSE coalesce((SELECT s.avg_width FROM pg_stats s
       WHERE s.schemaname = 'public' AND s.tablename = t.relname AND s.attname = b.attname LIMIT 1), %(likely)s) END)
     FROM pg_attribute a LEFT JOIN pg_attribute b ON b.attrelid = t.oid AND b.attnum = i.indkey[a.attnum - 1] AND b.attnum > 0
     WHERE a.attrelid = c.oid)::float AS width,
  (SELECT exp(sum(ln(greatest(1, CASE WHEN s.n_distinct < 0 THEN -s.n_distinct * greatest(t.reltuples, 1)
       WHEN s.n_distinct > 0 THEN s.n_distinct ELSE greatest(t.reltuples, 1) END))))
     FROM pg_attribute a LEFT JOIN pg_attribute b ON b.attrelid = t.oid AND b.attnum = i.indkey[a.attnum - 1] AND b.attnum > 0
     LEFT JOIN LATERAL (SELECT max(n_distinct) AS n_distinct FROM pg_stats p WHERE p.schemaname = 'public'
       AND p.tablename = t.relname AND p.attname = b.attname AND NOT p.inherited) s ON true
     WHERE a.attrelid = c.oid AND a.attnum <= i.indnkeyatts) AS distinct_keys
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
  JOIN pg_am m ON m.oid = c.relam
  WHERE c.oid = to_regclass(%(index)s) OR c.oid IN (SELECT relid FROM pg_partition_tree(to_regclass(%(index)s)))"""


def make_candidate(address: Address, database: str, name: str, ddl: str, rows: float | None) -> tuple[list[int], int]:
    """Make an index that no plan uses yet; return the ids of it and its partitions', and its size in bytes.

    Its tables are emptied while it is made, or it would read every page of their holes.

    Raises:
        ExplainRefused: It is no CREATE INDEX.
    """
    table, statement = read_definition(ddl, name)
    with connect(address, database) as connection:
        leaves = connection.execute(LEAVES, {"table": table}).fetchall()
        dig(address, connection, [Extent(leaf["id"], 0) for leaf in leaves])
        with connection.transaction():
            connection.execute(statement.encode())
            restore(connection, leaves)
            made = connection.execute(MADE, {"index": name, "likely": LIKELY_WIDTH}).fetchall()
            ids = [one["id"] for one in made]
            connection.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = ANY(%s::oid[])", [ids])
        dig(address, connection, [Extent(leaf["id"], leaf["pages"]) for leaf in leaves])
        # Only now: of an empty table the planner expects one row, whatever is asked of it.
        sizes = {one["id"]: measure(connection, one, leaves, rows) for one in made if one["kind"] == "i"}
        for index, (pages, entries) in sizes.items():
            numbers = "UPDATE pg_class SET relpages = %s, reltuples = %s WHERE oid = %s"
            connection.execute(numbers, [pages, entries, index])
        for one in made:
            if one["method"] == "btree" and one["kind"] == "i":
                evict(connection, one["id"])
                raise_tree(address, one["path"], sizes[one["id"]][0])
        dig(address, connection, [Extent(index, pages) for index, (pages, _) in sizes.items()])
    return ids, sum(pages for pages, _ in sizes.values()) * PAGE_BYTES


def read_definition(ddl: str, name: str) -> tuple[str, str]:
    """Return the table, and the statement with our name for the index and without CONCURRENTLY."""
    try:
        parsed: list[dict[str, Any]] = pgparse.parse(ddl)  # Any: a parse tree
    except pgparse.PGQueryError:
        raise ExplainRefused(reason="It is no SQL.") from None
    index = parsed[0]["stmt"].get("IndexStmt") if len(parsed) == 1 else None
    head = HEAD.match(ddl)
    if index is None or head is None:
        raise ExplainRefused(reason="It does not make exactly one index.")
    unique = head.group(1) or ""
    table = psql.Identifier("public", index["relation"]["relname"]).as_string(None)
    return table, f'CREATE {unique}INDEX "{name}" ON {ddl[head.end() :]}'


def restore(connection: Link, leaves: list[Row]) -> None:
    """Give the tables their figures back: making an index on an empty table has set them to nothing."""
    for leaf in leaves:
        connection.execute(
            "UPDATE pg_class SET relpages = %s, reltuples = %s, relallvisible = %s WHERE oid = %s",
            [leaf["pages"], leaf["rows"], leaf["visible"], leaf["id"]],
        )


def measure(connection: Link, made: Row, leaves: list[Row], rows: float | None) -> tuple[int, float]:
    """Return (pages, entries) of one index."""
    leaf = next(one for one in leaves if one["id"] == made["table_id"])
    whole = max(float(leaf["rows"]), 0.0)
    entries = whole if made["predicate"] is None else whole * selectivity(connection, leaf["name"], made["predicate"])
    if rows is not None:
        entries = min(rows, whole)
    shape = Shape(
        method=made["method"], rows=entries, width=made["width"] or LIKELY_WIDTH,
        distinct=made["distinct_keys"] or 1.0, table_pages=leaf["pages"],
        shares_keys=not (made["is_unique"] or made["has_more"]),
    )  # fmt: skip
    return estimate_pages(shape), entries


def selectivity(connection: Link, table: str, predicate: str) -> float:
    """Return which share of a table's rows the planner expects in a partial index."""
    some, whole = expected_rows(connection, table, predicate), expected_rows(connection, table, "true")
    return min(1.0, some / max(whole, 1.0))


def expected_rows(connection: Link, table: str, predicate: str) -> float:
    """Return how many rows the planner expects; the predicate is the catalogue's own text."""
    text = psql.SQL("EXPLAIN (FORMAT JSON) SELECT 1 FROM ONLY public.{} WHERE {}")
    asked = text.format(psql.Identifier(table), psql.SQL(predicate))
    return float(connection.execute(asked).fetchall()[0]["QUERY PLAN"][0]["Plan"]["Plan Rows"])
