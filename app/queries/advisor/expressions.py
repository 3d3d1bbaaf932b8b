"""Reads conditions as PostgreSQL writes them, with the server's own grammar (pgparse), and writes parts of them again.

A plan says `((o.company_id = $1) AND (lower(o.email) = $2))`; that is an expression like any other. What cannot be
read (a SubPlan, an InitPlan) is no condition an index could serve, and is left out.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pgparse

from app.queries.advisor.types import Condition, Key

Node = dict[str, Any]  # Any: PostgreSQL's parse tree
RANGES = {"<", "<=", ">", ">="}
LIKES = {"~~", "~~*", "~", "~*"}
TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}


def read_conditions(text: str, alias: str, columns: frozenset[str]) -> list[Condition]:
    """Read what a condition says of one table.

    Args:
        text: As EXPLAIN prints it.
        alias: The table's name in the statement.
        columns: Its columns: names without a table are its own when they are among them.
    """
    try:
        [statement] = pgparse.parse(f"SELECT WHERE {text}")
    except (pgparse.PGQueryError, ValueError):
        return []
    tree = statement["stmt"]["SelectStmt"].get("whereClause")
    found = [] if tree is None else [read_one(part, alias, columns) for part in conjuncts(tree)]
    return [condition for condition in found if condition is not None]


def conjuncts(node: Node) -> Iterator[Node]:
    """Take apart what is joined by AND."""
    inner = node.get("BoolExpr")
    if inner is not None and inner["boolop"] == "AND_EXPR":
        for part in inner["args"]:
            yield from conjuncts(part)
    else:
        yield node


def read_one(node: Node, alias: str, columns: frozenset[str]) -> Condition | None:
    """Read one condition; None when it says nothing of the table, or nothing an index could serve."""
    own = own_columns(node, alias, columns)
    if not own:
        return None
    is_constant = not has(node, "ParamRef") and not other_columns(node, alias, columns)
    predicate = (write(node) or "") if is_constant else ""
    kind, side = sort_out(node, alias, columns)
    expression = write(side) if side is not None else None
    if expression is None:
        return Condition("other", predicate or "?", own, predicate) if predicate else None
    return Condition(kind, expression, own, predicate)


def sort_out(node: Node, alias: str, columns: frozenset[str]) -> tuple[str, Node | None]:
    """Return what kind of condition it is, and the side of it that is the table's."""
    if "NullTest" in node:
        return "null", node["NullTest"]["arg"]
    if "ColumnRef" in node:  # a boolean by itself
        return "eq", node
    if "BoolExpr" in node and node["BoolExpr"]["boolop"] == "NOT_EXPR" and "ColumnRef" in node["BoolExpr"]["args"][0]:
        return "eq", node["BoolExpr"]["args"][0]
    comparison = node.get("A_Expr")
    if comparison is None or "lexpr" not in comparison:
        return "other", None
    return sort_out_comparison(comparison, alias, columns)


def sort_out_comparison(comparison: Node, alias: str, columns: frozenset[str]) -> tuple[str, Node | None]:
    """As `sort_out`, for `a op b`: the table's side may be either."""
    operator, left, right = comparison["name"][-1]["String"]["sval"], comparison["lexpr"], comparison.get("rexpr", {})
    if not own_columns(left, alias, columns):
        left, right = right, left
        operator = TURNED.get(operator, "?")
    if own_columns(right, alias, columns):
        return "other", None
    left = without_cast(first_of_row(left))
    if comparison["kind"] in {"AEXPR_OP_ANY", "AEXPR_IN"} and operator == "=":
        return "in", left
    if comparison["kind"] in {"AEXPR_LIKE", "AEXPR_ILIKE"} or operator in LIKES:
        return "like", left
    if operator == "=":
        return ("join" if other_columns(right, alias, columns) else "eq"), left
    if operator in RANGES:
        return "range", left
    return ("has" if operator in {"@>", "?", "?&", "?|"} else "other"), left


def without_cast(node: Node) -> Node:
    """Drop the cast PostgreSQL prints around text columns: `(email)::text` of a varchar is served by its index."""
    cast = node.get("TypeCast")
    if cast is not None and "ColumnRef" in cast["arg"] and type_of(cast) in {"text", "varchar"}:
        inner: Node = cast["arg"]
        return inner
    return node


def first_of_row(node: Node) -> Node:
    """Return the first column of `ROW(placed_at, id)`: where a page of a list goes on is a range of that."""
    row = node.get("RowExpr")
    first: Node = row["args"][0] if row is not None else node
    return first


def own_columns(node: Any, alias: str, columns: frozenset[str]) -> frozenset[str]:
    """Return the columns of the table in an expression."""
    return frozenset(name for owner, name in references(node) if owner == alias or (not owner and name in columns))


def other_columns(node: Any, alias: str, columns: frozenset[str]) -> bool:
    """Say whether columns of other tables are in it."""
    return any(not (owner == alias or (not owner and name in columns)) for owner, name in references(node))


def references(node: Any) -> Iterator[tuple[str, str]]:
    """Every column named anywhere below: (table or "", column); `*` for all."""
    for found in nodes(node, "ColumnRef"):
        names = [part["String"]["sval"] if "String" in part else "*" for part in found["fields"]]
        yield (names[-2] if len(names) > 1 else "", names[-1])


def nodes(node: Any, kind: str) -> Iterator[Node]:
    """Every node of a kind, at any depth."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name == kind:
                yield value
            yield from nodes(value, kind)
    elif isinstance(node, list):
        for value in node:
            yield from nodes(value, kind)


def has(node: Any, kind: str) -> bool:
    """Say whether there is one."""
    return next(nodes(node, kind), None) is not None


def read_keys(texts: list[str], alias: str, columns: frozenset[str]) -> tuple[Key, ...] | None:
    """Read `placed_at DESC` as a plan prints a sort; None when something of another table is in it."""
    try:
        [statement] = pgparse.parse(f"SELECT ORDER BY {', '.join(texts)}")
    except (pgparse.PGQueryError, ValueError):
        return None
    keys = [read_key(part["SortBy"], alias, columns) for part in statement["stmt"]["SelectStmt"]["sortClause"]]
    return tuple(key for key in keys if key) if all(keys) else None


def read_key(part: Node, alias: str, columns: frozenset[str]) -> Key | None:
    """Read one column of an ORDER BY."""
    node = without_cast(part["node"])
    expression = write(node)
    if expression is None or not own_columns(node, alias, columns) or other_columns(node, alias, columns):
        return None
    is_desc = part.get("sortby_dir") == "SORTBY_DESC"
    nulls = part.get("sortby_nulls", "SORTBY_NULLS_DEFAULT")
    return Key(expression, is_desc, is_desc if nulls == "SORTBY_NULLS_DEFAULT" else nulls == "SORTBY_NULLS_FIRST")


def write(node: Node) -> str | None:
    """Write an expression as SQL, without names of tables; None for what an index would not be made of."""
    for kind, inner in node.items():
        writer = WRITERS.get(kind)
        return writer(inner) if writer else None
    return None


def _write_column(node: Node) -> str | None:
    last = node["fields"][-1]
    if "String" not in last:
        return None
    name: str = last["String"]["sval"]
    return name if name.replace("_", "a").isalnum() and name == name.lower() else f'"{name}"'


def _write_constant(node: Node) -> str | None:
    if node.get("isnull"):
        return "NULL"
    for kind in ("ival", "fval", "boolval", "sval"):
        if kind in node:
            value = node[kind].get(kind)
            if kind == "sval":
                return "'" + (value or "").replace("'", "''") + "'"
            return str(bool(value)).lower() if kind == "boolval" else str(value or 0)
    return None


def _write_call(node: Node) -> str | None:
    names = [part["String"]["sval"] for part in node["funcname"]]
    parts = [write(argument) for argument in node.get("args", [])]
    if any(part is None for part in parts) or node.get("agg_star") or node.get("over"):
        return None
    return f"{names[-1]}({', '.join(part for part in parts if part)})"


def _write_cast(node: Node) -> str | None:
    inner, name = write(node["arg"]), type_of(node)
    return None if inner is None or name is None else f"({inner})::{name}"


def type_of(cast: Node) -> str | None:
    """Return the name of a plain type; None for one with a length or another schema's."""
    names = [part["String"]["sval"] for part in cast["typeName"]["names"]]
    array = "[]" if cast["typeName"].get("arrayBounds") else ""
    known = len(names) == 1 or names[0] == "pg_catalog"
    return names[-1] + array if known and not cast["typeName"].get("typmods") else None


def _write_comparison(node: Node) -> str | None:
    left, right = write(node.get("lexpr", {})), write(node.get("rexpr", {}))
    operator = node["name"][-1]["String"]["sval"]
    if left is None or right is None or node["kind"] not in {"AEXPR_OP", "AEXPR_OP_ANY"}:
        return None
    return f"({left} {operator} {f'ANY ({right})' if node['kind'] == 'AEXPR_OP_ANY' else right})"


def _write_bool(node: Node) -> str | None:
    parts = [write(part) for part in node["args"]]
    if any(part is None for part in parts):
        return None
    if node["boolop"] == "NOT_EXPR":
        return f"(NOT {parts[0]})"
    return "(" + (" AND " if node["boolop"] == "AND_EXPR" else " OR ").join(part for part in parts if part) + ")"


def _write_null_test(node: Node) -> str | None:
    inner = write(node["arg"])
    return None if inner is None else f"({inner} IS {'NOT ' if node['nulltesttype'] == 'IS_NOT_NULL' else ''}NULL)"


def _write_array(node: Node) -> str | None:
    parts = [write(part) for part in node.get("elements", [])]
    return None if any(part is None for part in parts) else f"ARRAY[{', '.join(part for part in parts if part)}]"


WRITERS: dict[str, Callable[[Node], str | None]] = {
    "ColumnRef": _write_column, "A_Const": _write_constant, "FuncCall": _write_call, "TypeCast": _write_cast,
    "A_Expr": _write_comparison, "BoolExpr": _write_bool, "NullTest": _write_null_test, "A_ArrayExpr": _write_array,
}  # fmt: skip
