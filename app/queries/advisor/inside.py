"""Statements inside our own functions: PostgreSQL counts the call alone, and a plan shows no more of it than a name.

Read from the catalogue: bodies in SQL, and what PL/pgSQL executes from a literal (`EXECUTE $query$ … $query$`). Without
them an index could make such a call dearer unseen.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import LiteralString

import pgparse

from app.queries.advisor.catalogue import Link
from app.queries.advisor.expressions import nodes
from app.queries.advisor.types import Query

FUNCTIONS: LiteralString = """
SELECT p.proname AS name, l.lanname AS language, p.prosrc AS body, coalesce(p.proargnames, '{}') AS arguments,
       p.proargmodes IS NULL AS takes_all, p.prosecdef AS is_definer FROM pg_proc p
JOIN pg_language l ON l.oid = p.prolang JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = 'public' AND l.lanname IN ('sql', 'plpgsql') AND p.prokind = 'f' AND p.prosrc <> ''
"""
EXECUTED = re.compile(r"EXECUTE\s+\$(\w*)\$(.*?)\$\1\$", re.DOTALL | re.IGNORECASE)
OWNER = "postgres"  # of the tables of the cluster without data: whom no policy holds, as it holds no definer function
USUAL_ROWS = 20  # of a call, where nobody counted


@dataclass(frozen=True)
class Inner:
    """A statement inside a function. `role` is whose policies hold; "" for the caller's."""

    text: str
    role: str = ""


Functions = Mapping[str, Sequence[Inner]]


def read_functions(link: Link) -> dict[str, list[Inner]]:
    """Return the statements inside each function that can be read, with `$n` where values stand."""
    found: dict[str, list[Inner]] = {}
    for row in link.execute(FUNCTIONS):
        texts = [match[2] for match in EXECUTED.finditer(row["body"])]
        if row["language"] == "sql" and row["takes_all"]:
            texts = [with_numbers(row["body"], row["arguments"])]
        role = OWNER if row["is_definer"] else ""
        plannable = [Inner(text.strip().rstrip(";"), role) for text in texts if is_select(text)]
        if plannable:
            found[row["name"]] = plannable
    return found


def with_numbers(body: str, names: Sequence[str]) -> str:
    """Return a body in SQL with the names of its arguments as `$n`."""
    for number, name in enumerate(names, start=1):
        if name:
            body = re.sub(rf"(?<![\w.]){re.escape(name)}(?!\w)", f"${number}", body)
    return body


def is_select(text: str) -> bool:
    """Say whether a text is one SELECT."""
    try:
        parsed = pgparse.parse(text)
    except (pgparse.PGQueryError, ValueError):
        return False
    return len(parsed) == 1 and "SelectStmt" in parsed[0]["stmt"]


def inside(queries: Sequence[Query], functions: Functions) -> Iterator[Query]:
    """Return the statements that these run inside functions, as often as they are called; their time is the call's."""
    for query in queries:
        try:
            tree = pgparse.parse(query.text)
        except (pgparse.PGQueryError, ValueError):
            continue
        called = {node["funcname"][-1]["String"]["sval"] for node in nodes(tree, "FuncCall")}
        for name in sorted(called & functions.keys()):
            for number, inner in enumerate(functions[name]):
                yield replace(
                    query, fingerprint=f"{query.fingerprint} {name} {number}", text=inner.text, verb="select",
                    role=inner.role or query.role,
                    rows=USUAL_ROWS * query.calls, timeouts=0, total_ms=query.total_ms / len(functions[name]),
                )  # fmt: skip
