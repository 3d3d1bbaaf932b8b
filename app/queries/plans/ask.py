"""Asks PostgreSQL how it would plan a statement whatever its values are, and runs nothing."""

import re
from typing import Any, LiteralString

import pgparse
import psycopg

from app.queries.plans.repair import cast_all, cast_counted, cast_next, cast_parameter, repair_text, separate, unite
from app.queries.server.protocol import Link

EXPLAIN = "EXPLAIN (GENERIC_PLAN, VERBOSE, SETTINGS, FORMAT JSON) "
PLANNED = frozenset({"SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"})
TRIES = 24
# By name alone, whatever the schema; what another session has for itself (a temporary table) is not there.
MISSING: LiteralString = """SELECT name FROM unnest(%s::text[]) AS asked(name) WHERE NOT EXISTS (
  SELECT FROM pg_class WHERE relname = name AND relpersistence <> 't')"""
PARAMETER = re.compile(r"\$(\d+)")
MISFIT = re.compile(r"types ([\w ]+) and [\w ]+ cannot be matched")
Planned = dict[str, Any]  # Any: PostgreSQL's own JSON


def can_be_planned(text: str) -> bool:
    """Say whether a text is exactly one statement that has a plan; the simple protocol would take several."""
    try:
        found = pgparse.parse(text)
    except (pgparse.PGQueryError, ValueError, RecursionError):
        return False
    return len(found) == 1 and not PLANNED.isdisjoint(found[0]["stmt"])


def find_missing(link: Link, tables: list[str]) -> list[str]:
    """Return the tables that are not there for another session: PostgreSQL would log each question about one as an error."""
    rows = link.execute(MISSING, [tables]).fetchall() if tables else []
    return [str(row["name"]) for row in rows]


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
    waiting, tried = [text], {text}
    while True:
        asked = waiting.pop(0)
        try:
            with link.transaction():
                # As bytes and without parameters: EXPLAIN takes $1 as it stands only in the simple protocol.
                row = link.execute((EXPLAIN + asked).encode()).fetchone()
        except psycopg.Error as error:
            mended = [one for one in mend(asked, error) if one not in tried]
            tried.update(mended)
            waiting = [*mended, *waiting]
            if not waiting or len(tried) > TRIES:
                raise
        else:
            return None if row is None else _first(row)


def mend(text: str, error: psycopg.Error) -> list[str]:
    """Return the text with what the server could not make out said to it, the likeliest first.

    The server's message is read here and shown nowhere.
    """
    said = error.diag.message_primary or ""
    match error.sqlstate:
        case "42P18":  # could not determine data type of parameter $1
            found = PARAMETER.search(said)
            return [cast_parameter(text, found[1], "text") if found else cast_all(text, "text")]
        case "42P08":  # inconsistent types deduced for parameter $1
            return [separate(text)]
        case "42803" | "42P10":  # an expression is not the one that is grouped or sorted by
            return [unite(text)]
        case "42725" | "42804" | "42883":  # an operator, a function, a column of a UNION is not clear without types
            found = MISFIT.search(said)
            at = int(error.diag.statement_position or 1) - len(EXPLAIN) - 1
            there = [cast_next(text, at, found[1])] if found else []
            return [cast_counted(text), *there, cast_all(text, "text"), cast_all(text, "bigint")]
    return []


def _first(row: dict[str, Any]) -> Planned:  # Any: PostgreSQL's own JSON
    plan: Planned = row["QUERY PLAN"][0]
    return plan
