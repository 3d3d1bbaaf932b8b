"""Asks PostgreSQL how it would plan a statement whatever its values are, and runs nothing."""

import re
from typing import Any

import pgparse
import psycopg

from app.queries.plans.repair import cast_all, cast_parameter, repair_text, separate, unite
from app.queries.server.protocol import Link

EXPLAIN = "EXPLAIN (GENERIC_PLAN, VERBOSE, SETTINGS, FORMAT JSON) "
PLANNED = frozenset({"SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"})
TRIES = 12
PARAMETER = re.compile(r"\$(\d+)")
Planned = dict[str, Any]  # Any: PostgreSQL's own JSON


def can_be_planned(text: str) -> bool:
    """Say whether a text is exactly one statement that has a plan; the simple protocol would take several."""
    try:
        found = pgparse.parse(text)
    except (pgparse.PGQueryError, ValueError, RecursionError):
        return False
    return len(found) == 1 and not PLANNED.isdisjoint(found[0]["stmt"])


def ask_plan(link: Link, text: str) -> Planned | None:
    """Return the generic plan; a text that has none is mended a few times, as its error says.

    Args:
        link: Inside a transaction, which is given back as it was.
        text: Normalised.

    Returns:
        None when it is nothing that can be planned.

    Raises:
        psycopg.Error: What the last try met.
    """
    text = repair_text(text)
    if not can_be_planned(text):
        return None
    for number in range(TRIES):
        try:
            with link.transaction():
                # As bytes and without parameters: EXPLAIN takes $1 as it stands only in the simple protocol.
                row = link.execute((EXPLAIN + text).encode()).fetchone()
        except psycopg.Error as error:
            mended = mend(text, error)
            if mended == text or number == TRIES - 1:
                raise
            text = mended
        else:
            return None if row is None else _first(row)
    return None


def mend(text: str, error: psycopg.Error) -> str:
    """Return the text with what the server could not make out said to it; the same text when there is nothing."""
    match error.sqlstate:
        case "42P18":  # could not determine data type of parameter $1
            found = PARAMETER.search(error.diag.message_primary or "")
            return cast_parameter(text, found[1], "text") if found else cast_all(text, "text")
        case "42P08":  # inconsistent types deduced for parameter $1
            return separate(text)
        case "42803" | "42P10":  # an expression is not the one that is grouped or sorted by
            return unite(text)
        case "42725" | "42804" | "42883":  # an operator, a function is not clear without types
            return cast_all(text, "text") if "::text" not in text else text
    return text


def _first(row: dict[str, Any]) -> Planned:  # Any: PostgreSQL's own JSON
    plan: Planned = row["QUERY PLAN"][0]
    return plan
