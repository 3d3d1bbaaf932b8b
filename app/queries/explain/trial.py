"""Really runs a SELECT of ours to see where its time goes: read only, inside one company, and given back at once."""

from collections.abc import Sequence
from typing import Any

import psycopg.sql as psql

from app.queries.explain.catalogue import LANGUAGES, ask_functions
from app.queries.explain.guesses import guess_values, parts
from app.queries.explain.problems import ExplainRefused
from app.queries.explain.rules import words
from app.queries.explain.single import Node, read_single
from app.queries.server.protocol import Link

ANALYZE = "EXPLAIN (ANALYZE, BUFFERS, VERBOSE, SETTINGS, FORMAT JSON) EXECUTE quarterdeck_trial"
TYPES = """SELECT coalesce(array_agg(format_type(t.oid, NULL) ORDER BY t.place), '{}') AS types
  FROM pg_prepared_statements p, unnest(p.parameter_types::oid[]) WITH ORDINALITY AS t(oid, place)
  WHERE p.name = 'quarterdeck_trial'"""


def run_trial(link: Link, text: str, values: Sequence[str | None] | None = None) -> dict[str, Any]:  # Any: JSON
    """Return the plan of a SELECT with what it measured, its values still in it.

    Args:
        link: From `explain_connection`.
        values: For `$1`, `$2` … as text; what is missing is taken from rows.

    Raises:
        ExplainRefused: It writes, locks, or calls what acts.
    """
    kind, tree = read_single(text)
    if kind != "select":
        raise ExplainRefused(reason="Only a SELECT is run to see its plan; others are planned without running them.")
    refuse_acts(link, tree)
    link.execute("SET LOCAL max_parallel_workers_per_gather = 0")
    link.execute(b"PREPARE quarterdeck_trial AS " + text.encode())
    row = link.execute(TYPES).fetchone()
    types = list(row["types"]) if row else []
    given = list(values or [])[: len(types)]
    guessed = guess_values(link, tree, types)
    wanted = [*given, *guessed[len(given) :]]
    call = psql.SQL("({})").format(psql.SQL(", ").join(psql.Literal(one) for one in wanted)) if wanted else psql.SQL("")
    found = link.execute(psql.SQL(ANALYZE) + call).fetchall()
    return dict(found[0]["QUERY PLAN"][0])


def refuse_acts(link: Link, tree: Node) -> None:
    """Refuse what READ ONLY lets through: functions that act on other sessions, take locks, tell or wait.

    Raises:
        ExplainRefused: Names the first.
    """
    every = parts(tree)
    if any("lockingClause" in node or "intoClause" in node for node in every):
        raise ExplainRefused(reason="It locks rows or makes a table, so it is not run.")
    if any("SelectStmt" not in node["ctequery"] for node in every if "ctequery" in node):
        raise ExplainRefused(reason="It writes, so it is not run.")
    names = {words(node["funcname"])[-1] for node in every if "funcname" in node}
    rows = ask_functions(link, names)
    for name in sorted(names):
        mine = [row for row in rows if row["name"] == name]
        if any(row["volatility"] == "v" or row["is_definer"] or row["language"] not in LANGUAGES for row in mine):
            raise ExplainRefused(reason=f"It calls {name[:60]}, which may do more than read, so it is not run.")
