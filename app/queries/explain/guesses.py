"""Values to try a statement with: its own were never kept, so they are taken from the rows it compares with.

They are read inside the company the statement is tried for, are given to PostgreSQL, and are shown and kept nowhere.
"""

from typing import Any

import psycopg.sql as psql

from app.queries.explain.rules import words
from app.queries.explain.single import Node
from app.queries.server.protocol import Link

LIMIT, OFFSET = "50", "0"
BY_TYPE = {
    "integer": "1", "bigint": "1", "smallint": "1", "numeric": "1", "double precision": "1", "real": "1",
    "boolean": "true", "text": "", "character varying": "", "interval": "1 day", "jsonb": "{}", "json": "{}",
    "date": "today", "timestamp with time zone": "now", "timestamp without time zone": "now",
}  # fmt: skip
NUMBERS = frozenset({"integer", "bigint", "smallint", "numeric", "double precision", "real"})
Guess = str | None


def guess_values(link: Link, tree: Node, types: list[str]) -> list[Guess]:
    """Return a value for each parameter as text, None for NULL.

    Args:
        types: PostgreSQL's names of their types, in order.
    """
    columns = compared(tree)
    tables = sorted({node["relname"] for node in parts(tree) if "relname" in node})
    counts = limits(tree)
    found: list[Guess] = []
    for number, kind in enumerate(types, start=1):
        if number in counts:
            found.append(counts[number])
            continue
        bare = kind.removesuffix("[]")
        value = take_value(link, columns[number], tables) if number in columns else None
        if value is None or (bare in NUMBERS and not is_number(value)):
            value = BY_TYPE.get(bare)
        found.append(as_array(value) if kind.endswith("[]") and value is not None else value)
    return found


def parts(tree: Any) -> list[Node]:  # Any: a node, a list or a word of libpg_query's
    """Return every part of a tree."""
    found: list[Node] = []
    waiting = [tree]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            found.append(one)
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return found


def compared(tree: Node) -> dict[int, str]:
    """Return the column each parameter is compared with."""
    found: dict[int, str] = {}
    for node in parts(tree):
        comparison = node.get("A_Expr")
        if comparison is None:
            continue
        sides = [comparison.get("lexpr", {}), comparison.get("rexpr", {})]
        columns = [column_of(side) for side in sides if column_of(side)]
        if len(columns) == 1:
            numbers = [one["ParamRef"].get("number", 0) for side in sides for one in parts(side) if "ParamRef" in one]
            found |= dict.fromkeys(numbers, columns[0])
    return found


def column_of(side: Node) -> str:
    """Return the column one side of a comparison is, "" when it is something else."""
    while "TypeCast" in side:
        side = side["TypeCast"]["arg"]
    if "ColumnRef" not in side:
        return ""
    fields = [field for field in side["ColumnRef"]["fields"] if "String" in field]
    return words(fields)[-1] if fields else ""


def limits(tree: Node) -> dict[int, str]:
    """Return the parameters behind LIMIT and OFFSET."""
    found: dict[int, str] = {}
    for node in parts(tree):
        for key, value in (("limitCount", LIMIT), ("limitOffset", OFFSET)):
            found |= {one["ParamRef"]["number"]: value for one in parts(node.get(key, {})) if "ParamRef" in one}
    return found


def take_value(link: Link, column: str, tables: list[str]) -> Guess:
    """Return one value of a column, as the policies let it through; None when there is none."""
    known = link.execute(
        "SELECT c.relname AS name FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE a.attname = %s "
        "AND c.relname = ANY(%s) AND c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') "
        "AND has_column_privilege(c.oid, a.attnum, 'SELECT') ORDER BY c.relname LIMIT 1",
        [column, tables],
    ).fetchone()
    if known is None:
        return None
    text = psql.SQL("SELECT {}::text AS value FROM public.{} WHERE {} IS NOT NULL LIMIT 1")
    name = psql.Identifier(column)
    row = link.execute(text.format(name, psql.Identifier(known["name"]), name)).fetchone()
    return None if row is None else str(row["value"])


def is_number(value: str) -> bool:
    """Say whether a text is a number."""
    try:
        float(value)
    except ValueError:
        return False
    return True


def as_array(value: str) -> str:
    """Return a text as PostgreSQL writes an array of one."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{{"{escaped}"}}'
