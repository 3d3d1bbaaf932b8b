"""What a statement asks of each table: read from its plan (conditions, row-level security and all) and its text.

The plan knows what is really compared; the text knows the ORDER BY that an index serves already, and which columns
are named at all.
"""

import re
from collections.abc import Iterator
from typing import Any

import pgparse

from app.queries.advisor.expressions import Node, has, nodes, read_conditions, read_key, read_keys, references
from app.queries.advisor.types import Catalogue, Key, Query, Scan, Table

CONDITIONS = ("Index Cond", "Recheck Cond", "Filter", "Hash Cond", "Merge Cond", "Join Filter")
PARAMETER = re.compile(r"\$(\d+)")
SUMS = {"count", "sum", "avg", "min", "max", "bool_or", "bool_and", "array_agg", "string_agg", "json_agg", "jsonb_agg"}
LIMITED = re.compile(r"\b(LIMIT|OFFSET|FETCH FIRST)\s+(\$\d+)(?:::\w+)?", re.IGNORECASE)


def typical(query: Query) -> str:
    """Return its text with the LIMIT it usually has: of a parameter the planner believes a tenth of all rows.

    How many rows a call returned is what pg_stat_statements counted. Below a count or a sum it says nothing of what was
    counted, so there the parameter stays.
    """
    usual = max(1, -(-query.rows // max(query.calls, 1)))
    sums_up = is_summed_up(parse_text(query.text))

    def usually(found: re.Match[str]) -> str:
        before = query.text[: found.start()]
        if sums_up and before.count("(") > before.count(")"):
            return found[0]
        return f"{found[1]} {0 if found[1].upper() == 'OFFSET' else usual}"

    return with_own_numbers(LIMITED.sub(usually, query.text))


def with_own_numbers(text: str) -> str:
    """Return a text with its parameters as $1, $2 …: a gap would be a parameter without a type."""
    numbers: dict[str, int] = {}
    return PARAMETER.sub(lambda m: f"${numbers.setdefault(m[1], len(numbers) + 1)}", text)


def is_summed_up(tree: Node | None) -> bool:
    """Say whether the outermost SELECT makes one row of many: it groups, or counts."""
    select = (tree or {}).get("SelectStmt", {})
    return "groupClause" in select or any(name in SUMS for name in called(select.get("targetList", [])))


def called(node: Any) -> Iterator[str]:  # Any: a parse tree
    """Every function called in an expression, those of its subqueries left out."""
    parts = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, below in parts:
        if name == "funcname":
            yield below[-1]["String"]["sval"]
        elif name != "SubLink":
            yield from called(below)


def read_scans(query: Query, plan: dict[str, Any], catalogue: Catalogue) -> list[Scan]:  # Any: EXPLAIN's JSON
    """Return how a statement reads each of its tables.

    Args:
        query: The statement.
        plan: The plan's outermost node, of EXPLAIN (VERBOSE, FORMAT JSON).
        catalogue: What tables there are; scans of others are left out.
    """
    aliases = dict(find_aliases(plan, catalogue))
    texts = list(condition_texts(plan))
    tree = parse_text(query.text)
    found = []
    for alias, table in aliases.items():
        columns = frozenset(table.columns)
        conditions = {one: None for text in texts for one in read_conditions(text, alias, columns)}
        order = order_in_plan(plan, alias, columns) or order_in_text(tree, alias, columns)
        needed = needed_in_text(tree, alias, table, single=len(aliases) == 1)
        if conditions or order:
            found.append(Scan(query.fingerprint, table.name, tuple(conditions), order, needed))
    return list(dict.fromkeys(found))


def walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:  # Any: EXPLAIN's JSON
    """Every node of a plan, outermost first."""
    yield node
    for below in node.get("Plans", ()):
        yield from walk(below)


def find_aliases(plan: dict[str, Any], catalogue: Catalogue) -> Iterator[tuple[str, Table]]:  # Any: as above
    """Every table that is read, by the name it has in the plan; a partition stands for its whole table."""
    for node in walk(plan):
        if "Relation Name" in node and node["Node Type"] != "ModifyTable":
            table = catalogue.table_of(node["Relation Name"])
            if table is not None and node.get("Schema", "public") == "public":
                yield node.get("Alias", node["Relation Name"]), table


def condition_texts(plan: dict[str, Any]) -> Iterator[str]:  # Any: as above
    """Every condition a plan prints."""
    for node in walk(plan):
        for name in CONDITIONS:
            if name in node:
                yield node[name]


def order_in_plan(plan: dict[str, Any], alias: str, columns: frozenset[str]) -> tuple[Key, ...]:  # Any: as above
    """Return what is sorted by below a LIMIT, when all of it is of this table."""
    limited = next((node for node in walk(plan) if node["Node Type"] == "Limit"), None)
    for node in walk(limited) if limited else ():
        if node["Node Type"] in {"Sort", "Incremental Sort"}:
            return read_keys(node["Sort Key"], alias, columns) or ()
        if node["Node Type"] in {"Aggregate", "WindowAgg", "Unique"}:
            break
    return ()


def parse_text(text: str) -> Node | None:
    """Parse a statement; None when it is none."""
    try:
        [statement] = pgparse.parse(text)
    except (pgparse.PGQueryError, ValueError):
        return None
    tree: Node = statement["stmt"]
    return tree


def order_in_text(tree: Node | None, alias: str, columns: frozenset[str]) -> tuple[Key, ...]:
    """Return the ORDER BY of the first SELECT that has one and a LIMIT, when all of it is of this table.

    A plan whose index brings the order has no sort to read it from.
    """
    for select in nodes(tree, "SelectStmt"):
        if "sortClause" in select and "limitCount" in select and "groupClause" not in select:
            keys = [read_key(part["SortBy"], alias.rpartition(".")[2], columns) for part in select["sortClause"]]
            return tuple(key for key in keys if key) if all(keys) else ()
    return ()


def needed_in_text(tree: Node | None, alias: str, table: Table, *, single: bool) -> frozenset[str] | None:
    """Return every column the statement names of a table; None when it takes them all, or locks rows."""
    if tree is None or "SelectStmt" not in tree or has(tree, "LockingClause"):
        return None
    named = set()
    for owner, name in references(tree):
        if name == "*" and owner in {"", alias}:
            return None
        if owner == alias or (single and name in table.columns) or (not owner and name in table.columns):
            named.add(name)
    policy = {"company_id"} & set(table.columns)  # row-level security reads it, though nobody names it
    return frozenset(named | policy)
