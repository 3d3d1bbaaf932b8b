"""One statement, and which kind: the server would take several over the simple protocol, which EXPLAIN of `$1` needs."""

from typing import Any

import pgparse

from app.queries.explain.problems import ExplainRefused

Node = dict[str, Any]  # Any: libpg_query's tree
KINDS = {
    "SelectStmt": "select",
    "InsertStmt": "insert",
    "UpdateStmt": "update",
    "DeleteStmt": "delete",
    "MergeStmt": "merge",
}
LONGEST = 100_000  # characters; a longer text would be no statement of anybody's


def read_single(text: str) -> tuple[str, Node]:
    """Return (kind, tree) of the one statement in a text, as PostgreSQL's own grammar reads it.

    Raises:
        ExplainRefused: It is none, several, or none that can be planned.
    """
    if len(text) > LONGEST or "\0" in text:
        raise ExplainRefused(reason="It is too long, or it holds a zero character.")
    try:
        statements: list[Node] = pgparse.parse(text)
    except pgparse.PGQueryError:
        raise ExplainRefused(reason="It is no SQL that PostgreSQL reads.") from None
    except RecursionError:
        raise ExplainRefused(reason="It is too deep.") from None
    if len(statements) != 1:
        raise ExplainRefused(reason="Exactly one statement is planned at a time.")
    ((name, tree),) = statements[0]["stmt"].items()
    if name not in KINDS:
        raise ExplainRefused(reason="Only SELECT, INSERT, UPDATE, DELETE and MERGE have a plan.")
    return KINDS[name], tree
