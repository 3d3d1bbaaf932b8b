"""What the names of a typed text stand for: only functions, operators and types that come with PostgreSQL.

Looked up on the server that will plan the text, by what is there and not by what it is called. Every overload of a
function has to be harmless: which one is meant is only known to the planner, and by then it may have run.
"""

import psycopg

from app.queries.explain.problems import ExplainRefused
from app.queries.explain.rules import Named
from app.queries.server.protocol import Row

# Functions that change with the time or the session alone, not with what is stored; all others that are not immutable
# are refused: they read tables, files, settings or other sessions, or they act.
STABLE = frozenset({
    "now", "transaction_timestamp", "statement_timestamp", "timezone", "date_trunc", "date_part", "extract", "age",
    "to_char", "to_date", "to_timestamp", "concat", "concat_ws", "format", "to_json", "to_jsonb", "json_build_object",
    "jsonb_build_object", "json_build_array", "jsonb_build_array", "json_agg", "jsonb_agg", "json_object_agg",
    "jsonb_object_agg", "array_to_string", "array_to_json", "row_to_json", "string_to_array", "date_add", "date_bin",
    "date_subtract", "generate_series", "to_tsvector", "to_tsquery", "plainto_tsquery", "websearch_to_tsquery",
    "quote_literal", "timestamptz", "timestamp", "date", "time", "timetz", "interval", "text", "isfinite", "overlaps",
    "make_timestamptz", "mode", "percentile_cont", "percentile_disc",
})  # fmt: skip
# Immutable, and worked out while planning: a few characters of text become a gigabyte, or hours.
GREEDY = frozenset({
    "repeat", "lpad", "rpad", "power", "pow", "exp", "factorial", "sqrt", "ln", "log", "dexp", "dpow", "numeric_power",
    "numeric_exp", "numeric_fac", "convert", "convert_from", "convert_to", "decompress", "xmlparse", "xpath",
    "xpath_exists", "regexp_replace", "regexp_matches", "regexp_match", "regexp_split_to_array",
    "regexp_split_to_table", "regexp_count", "regexp_instr", "regexp_substr", "regexp_like", "array_fill",
    "int8_accum", "ts_rewrite",
})  # fmt: skip
LANGUAGES = ("internal", "sql", "c")
INPUT = ("cstring", "internal")  # functions over these are the server's own inner parts

FUNCTIONS = """SELECT p.proname AS name, n.nspname AS schema, p.provolatile AS volatility, p.prosecdef AS is_definer,
  l.lanname AS language, EXISTS (SELECT 1 FROM unnest(p.proargtypes) AS a(type) JOIN pg_type t ON t.oid = a.type
    WHERE t.typname = ANY(%(inner)s)) AND p.prokind = 'f' AS is_inner
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
  WHERE p.proname = ANY(%(names)s)"""
OPERATORS = """SELECT o.oprname AS name, n.nspname AS schema, p.provolatile AS volatility, EXISTS (SELECT 1 FROM pg_depend d
    WHERE d.classid = 'pg_operator'::regclass AND d.objid = o.oid AND d.deptype = 'e') AS is_of_extension
  FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace JOIN pg_proc p ON p.oid = o.oprcode
  WHERE o.oprname = ANY(%(names)s)"""
TYPES = """SELECT t.typname AS name, n.nspname AS schema, t.typtype AS kind FROM pg_type t
  JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typname = ANY(%(names)s)"""
TABLES = """SELECT c.relname AS name, c.relkind AS kind FROM pg_class c WHERE c.relname = ANY(%(names)s)
  AND c.relnamespace = 'public'::regnamespace"""
LOOKING_UP = frozenset({
    "regclass", "regproc", "regprocedure", "regoper", "regoperator", "regtype", "regrole", "regnamespace", "regconfig",
    "regdictionary", "regcollation", "xml", "refcursor", "pg_lsn", "txid_snapshot", "pg_snapshot", "aclitem",
})  # fmt: skip
Link = psycopg.Connection[Row]


def refuse_strangers(link: Link, named: Named) -> None:
    """Refuse a text that names anything but built-in functions, operators and types, and our own tables.

    Raises:
        ExplainRefused: Names the first thing that is not taken.
    """
    refuse_functions(link, named.functions)
    refuse_operators(link, named.operators)
    refuse_types(link, named.types)
    refuse_tables(link, named.tables)


def ask(link: Link, query: str, names: set[str]) -> list[Row]:
    """Return what the catalogue has under these names."""
    return link.execute(query.encode(), {"names": sorted(names), "inner": list(INPUT)}).fetchall()


def ask_functions(link: Link, names: set[str]) -> list[Row]:
    """Return what functions of these names there are, in any schema."""
    return ask(link, FUNCTIONS, names)


def refuse_functions(link: Link, names: set[str]) -> None:
    """Refuse functions that read, act, look into the session, or are not PostgreSQL's own."""
    rows = ask_functions(link, names)
    for name in sorted(names):
        mine = [row for row in rows if row["name"] == name]
        is_fine = bool(mine) and name not in GREEDY and all(is_harmless(row) for row in mine)
        if not is_fine:
            raise ExplainRefused(reason=f"The function {name[:60]} is not taken here.")


def is_harmless(row: Row) -> bool:
    """Say whether one overload may be worked out while planning."""
    if row["schema"] != "pg_catalog" or row["is_definer"] or row["is_inner"]:
        return False
    if row["language"] not in LANGUAGES:
        return False
    return row["volatility"] == "i" or (row["volatility"] == "s" and row["name"] in STABLE)


def refuse_operators(link: Link, names: set[str]) -> None:
    """Refuse operators that somebody made; those of an extension of ours are known."""
    rows = ask(link, OPERATORS, names)
    for name in sorted(names):
        mine = [row for row in rows if row["name"] == name]
        is_known = all(row["schema"] == "pg_catalog" or row["is_of_extension"] for row in mine)
        if not mine or not is_known or any(row["volatility"] == "v" for row in mine) or name == "^":
            raise ExplainRefused(reason=f"The operator {name[:20]} is not taken here.")


def refuse_types(link: Link, names: set[str]) -> None:
    """Refuse types that somebody made, and those whose text is looked up in the catalogue."""
    rows = ask(link, TYPES, names)
    for name in sorted(names):
        mine = [row for row in rows if row["name"] == name]
        is_known = bool(mine) and all(row["schema"] == "pg_catalog" and row["kind"] in ("b", "r", "m") for row in mine)
        if not is_known or name in LOOKING_UP:
            raise ExplainRefused(reason=f"The type {name[:60]} is not taken here.")


def refuse_tables(link: Link, names: set[str]) -> None:
    """Refuse views, which hold functions, and whatever else is no table."""
    rows = {row["name"]: row["kind"] for row in ask(link, TABLES, names)}
    for name in sorted(names):
        if rows.get(name) not in ("r", "p"):
            raise ExplainRefused(reason=f"There is no table {name[:60]} here.")
