"""What a text that somebody typed may hold: one SELECT of known parts; everything that is not listed is refused.

PostgreSQL works out functions while it plans, some with an effect, some with a value of a row in their error text. So
functions, operators and types are looked up in the catalogue (catalogue.py): a list of names alone is beaten by a
search path, by a schema before the name, and by an operator that stands on another function.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from app.queries.explain.problems import ExplainRefused
from app.queries.explain.single import Node, read_single

LONGEST = 20_000
DEEPEST = 200
MOST_NODES = 5000
NODES = frozenset({
    "SelectStmt", "ResTarget", "ColumnRef", "A_Star", "A_Const", "String", "Integer", "Float", "Boolean", "BitString",
    "ParamRef", "TypeCast", "TypeName", "FuncCall", "NamedArgExpr", "A_Expr", "BoolExpr", "NullTest", "BooleanTest",
    "SubLink", "CaseExpr", "CaseWhen", "CoalesceExpr", "MinMaxExpr", "RangeVar", "Alias", "JoinExpr", "RangeSubselect",
    "RangeFunction", "SortBy", "WithClause", "CommonTableExpr", "WindowDef", "A_ArrayExpr", "A_Indirection",
    "A_Indices", "RowExpr", "List", "GroupingSet", "GroupingFunc", "SQLValueFunction",
})  # fmt: skip
REFUSED_FIELDS = {
    "intoClause": "SELECT INTO makes a table.",
    "lockingClause": "FOR UPDATE and FOR SHARE lock rows.",
    "coldeflist": "A column definition list is not taken.",
    "search_clause": "SEARCH is not taken.",
    "cycle_clause": "CYCLE is not taken.",
}
OURS = ("public",)
BUILT_IN = "pg_catalog"
SYMBOLS = frozenset("+-*/<>=~!@#%^&|`?")


@dataclass
class Named:
    """What a text names; what is found under these names decides."""

    functions: set[str] = field(default_factory=set)
    operators: set[str] = field(default_factory=set)
    types: set[str] = field(default_factory=set)
    tables: set[str] = field(default_factory=set)


def read_typed(text: str) -> Named:
    """Check the grammar of a text and return what it names.

    Raises:
        ExplainRefused: It is not one SELECT, or it holds what is not listed here.
    """
    if len(text) > LONGEST:
        raise ExplainRefused(reason=f"It is longer than {LONGEST:,} characters.")
    kind, tree = read_single(text)
    if kind != "select":
        raise ExplainRefused(reason="Of what people type only a SELECT is planned.")
    found, with_names = Named(), set()
    for count, (name, node) in enumerate(walk({"SelectStmt": tree})):
        if count > MOST_NODES:
            raise ExplainRefused(reason="It has too many parts.")
        if name == "CommonTableExpr":
            with_names.add(str(node.get("ctename")))
        look_at(name, node, found)
    found.tables -= with_names
    return found


def walk(tree: Any, depth: int = 0) -> Iterator[tuple[str, Node]]:  # Any: a node, a list or a word of libpg_query's
    """Yield every part of a tree as (kind, node); what has no kind of its own has "".

    Raises:
        ExplainRefused: One of them is not listed.
    """
    if depth > DEEPEST:
        raise ExplainRefused(reason="It is too deep.")
    if isinstance(tree, list):
        for one in tree:
            yield from walk(one, depth + 1)
    elif isinstance(tree, dict):
        for key, value in tree.items():
            refuse_part(key)
            if isinstance(value, dict):
                yield (key, value) if key[:1].isupper() else ("", {key: value})
            yield from walk(value, depth + 1)


def refuse_part(key: str) -> None:
    """Refuse what is not listed; libpg_query writes kinds with a capital letter, and fields without.

    Raises:
        ExplainRefused: Says what it is.
    """
    if key[:1].isupper() and key not in NODES:
        raise ExplainRefused(reason=f"{key} is not taken here.")
    if key in REFUSED_FIELDS:
        raise ExplainRefused(reason=REFUSED_FIELDS[key])


def look_at(kind: str, node: Node, found: Named) -> None:
    """Note what one part names."""
    if kind == "FuncCall":
        found.functions.add(built_in(node["funcname"], "function"))
    elif kind == "A_Expr":
        found.operators.add(operator(node.get("name", [])))
    elif kind == "SubLink" and "operName" in node:
        found.operators.add(operator(node["operName"]))
    elif kind == "SortBy" and "useOp" in node:
        found.operators.add(operator(node["useOp"]))
    elif kind == "RangeVar":
        note_table(node, found)
    elif kind == "CommonTableExpr" and "SelectStmt" not in node.get("ctequery", {}):
        raise ExplainRefused(reason="A WITH clause that writes is not taken.")
    type_name = node if kind == "TypeName" else node.get("typeName")
    if isinstance(type_name, dict) and "names" in type_name:
        found.types.add(built_in(type_name["names"], "type"))


def note_table(node: Node, found: Named) -> None:
    """Note a table, which has to be one of ours."""
    if node.get("catalogname") or node.get("schemaname", "public") not in OURS:
        raise ExplainRefused(reason="Only tables of this product are read, none of the server's own.")
    found.tables.add(str(node["relname"]))


def words(names: list[Node]) -> list[str]:
    """Return a name's parts."""
    return [str(name["String"].get("sval", "")) for name in names]


def built_in(names: list[Node], what: str) -> str:
    """Return the bare name of a function or type that stands alone or in pg_catalog."""
    parts = words(names)
    if len(parts) == 1 or (len(parts) == 2 and parts[0] == BUILT_IN):  # noqa: PLR2004 (schema and name)
        return parts[-1]
    raise ExplainRefused(reason=f"A {what} of another schema is not taken.")


def operator(names: list[Node]) -> str:
    """Return an operator; with a schema before it, it may be anybody's.

    BETWEEN, LIKE, IN and their like come with words or symbols of the grammar's own.
    """
    parts = words(names)
    if len(parts) != 1:
        raise ExplainRefused(reason="An operator with a schema before it is not taken.")
    return parts[0] if set(parts[0]) <= SYMBOLS else "="
