"""The database roles, each with the least it needs, and the database they share.

Rights on tables belong to the migrations; here is who may log in, connect, wait and for how long.
"""

import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import psycopg
from psycopg import errors, sql
from sqlalchemy.engine import URL, make_url

from app.core.address import libpq_address

OWNER = "qd_owner"
EXPLAINER = "qd_explain"
# An error's own line quotes what was sent (`invalid input syntax for type integer: "Iris Berg"`), and it reaches whoever
# sent it anyway. What the server does by itself, and what it says of its own state, is logged as before.
SILENT = {"log_min_messages": "log"}
EXTENSIONS = ("pg_trgm", "btree_gin", "pg_stat_statements")
# What ANALYZE found out, without the values it kept of rows. pg_stats itself hides every table under row-level
# security from whom it holds, so the function runs as the login that passes it.
FIGURES = """
CREATE OR REPLACE FUNCTION public.planner_figures()
RETURNS TABLE (relation name, attribute name, is_inherited boolean, null_frac real, avg_width integer,
               n_distinct real, correlation real)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT tablename, attname, inherited, null_frac, avg_width, n_distinct, correlation
  FROM pg_stats WHERE schemaname = 'public' $$;
ALTER FUNCTION public.planner_figures() OWNER TO qd_backup;
REVOKE ALL ON FUNCTION public.planner_figures() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.planner_figures() TO qd_explain, qd_monitor"""
# Of the values ANALYZE kept, those that stand in the schema itself and so are nobody's: true and false, what a CHECK
# names, a column's default. With how often they occur the planner knows which of them are rare.
CONSTANTS = """
CREATE OR REPLACE FUNCTION public.planner_constants()
RETURNS TABLE (relation name, attribute name, is_inherited boolean, "values" text[], shares real[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT s.tablename, s.attname, s.inherited, array_agg(v.value ORDER BY v.place), array_agg(v.share ORDER BY v.place)
  FROM pg_stats s
  JOIN pg_class c ON c.relname = s.tablename AND c.relnamespace = 'public'::regnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = s.attname
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  CROSS JOIN LATERAL unnest(s.most_common_vals::text::text[], s.most_common_freqs)
    WITH ORDINALITY AS v(value, share, place)
  WHERE s.schemaname = 'public' AND a.attndims = 0 AND (a.atttypid = 'boolean'::regtype
    OR split_part(pg_get_expr(d.adbin, d.adrelid), '::', 1) IN (v.value, quote_literal(v.value))
    OR EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c' AND a.attnum = ANY (k.conkey)
      AND strpos(pg_get_expr(k.conbin, k.conrelid), quote_literal(v.value)) > 0))
  GROUP BY s.tablename, s.attname, s.inherited $$;
ALTER FUNCTION public.planner_constants() OWNER TO qd_backup;
REVOKE ALL ON FUNCTION public.planner_constants() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.planner_constants() TO qd_explain"""
# Companies are not of one size, and the large ones ask more often. So many of one size would each hold as large a share as
# the company of a row taken at random (the inverse of Simpson's index, over the shares ANALYZE kept): one number a table,
# and no company in it.
COMPANIES = """
CREATE OR REPLACE FUNCTION public.planner_companies()
RETURNS TABLE (relation name, attribute name, is_inherited boolean, n_distinct real)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT s.tablename, s.attname, s.inherited, (1 / (f.squares + greatest(1 - s.null_frac - f.whole, 0) ^ 2
    / greatest(CASE WHEN s.n_distinct < 0 THEN -s.n_distinct * c.reltuples ELSE s.n_distinct END - f.count, 1)))::real
  FROM pg_stats s JOIN pg_class c ON c.relname = s.tablename AND c.relnamespace = 'public'::regnamespace
  CROSS JOIN LATERAL (SELECT sum(share ^ 2), sum(share), count(*) FROM unnest(s.most_common_freqs) AS share)
    AS f(squares, whole, count)
  WHERE s.schemaname = 'public' AND s.attname = 'company_id' AND f.count > 0 $$;
ALTER FUNCTION public.planner_companies() OWNER TO qd_backup;
REVOKE ALL ON FUNCTION public.planner_companies() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.planner_companies() TO qd_explain"""


@dataclass(frozen=True)
class Role:
    """One login role.

    Attributes:
        setting: the setting that carries its URL.
        attributes: what CREATE ROLE grants beyond LOGIN.
        defaults: session settings it starts with.
        member_of: roles of PostgreSQL it inherits from.
        may_make_temporary: whether it may make temporary tables (bulk loads copy into one).
        limits: more session settings, which only a superuser may give.
    """

    name: str
    setting: str
    attributes: str = ""
    defaults: Mapping[str, str] | None = None
    member_of: tuple[str, ...] = ()
    may_make_temporary: bool = False
    limits: Mapping[str, str] | None = None


ROLES = (
    Role(OWNER, "DATABASE_OWNER_URL", may_make_temporary=True),
    Role(
        "qd_app",
        "DATABASE_URL",
        defaults={"statement_timeout": "10s", "lock_timeout": "3s", "idle_in_transaction_session_timeout": "15s"},
        may_make_temporary=True,
    ),
    Role(
        "qd_system",
        "DATABASE_SYSTEM_URL",
        defaults={"lock_timeout": "10s", "idle_in_transaction_session_timeout": "60s"},
        may_make_temporary=True,
    ),
    Role(
        "qd_platform",
        "DATABASE_PLATFORM_URL",
        defaults={"statement_timeout": "10s", "default_transaction_read_only": "on"},
    ),
    Role(
        "qd_monitor",
        "DATABASE_MONITOR_URL",
        defaults={"statement_timeout": "10s"},
        member_of=("pg_read_all_stats", "pg_signal_backend"),
    ),
    Role(
        "qd_backup",
        "DATABASE_BACKUP_URL",
        attributes="BYPASSRLS",
        defaults={"default_transaction_read_only": "on"},
        member_of=("pg_read_all_data",),
    ),
    Role(
        EXPLAINER,
        "DATABASE_EXPLAIN_URL",
        defaults={
            "default_transaction_read_only": "on",
            "statement_timeout": "5s",
            "lock_timeout": "200ms",
            "idle_in_transaction_session_timeout": "15s",
        },
        member_of=("pg_read_all_stats",),
        limits={"temp_file_limit": "65536"},
    ),
)
Passwords = Mapping[str, str]


def make_passwords() -> dict[str, str]:
    """A random password for each role, by role name."""
    return {role.name: secrets.token_urlsafe(24) for role in ROLES}


def bootstrap(superuser_url: str, dbname: str, passwords: Passwords | None = None) -> dict[str, str]:
    """Make the roles, the database and its extensions; safe to repeat.

    Args:
        superuser_url: a login that may make roles, databases and extensions.
        passwords: by role name; new random ones if not given, which replaces those of an earlier run.

    Returns:
        The settings `DATABASE_URL`, `DATABASE_OWNER_URL` … with a `postgresql://` URL each.
    """
    chosen = make_passwords() if passwords is None else passwords
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        for role in ROLES:
            ensure_role(connection, role, chosen[role.name])
    create_database(superuser_url, dbname)
    return role_urls(superuser_url, dbname, chosen)


def ensure_role(connection: psycopg.Connection, role: Role, password: str) -> None:
    """Make the role or bring it to what it should be."""
    name = sql.Identifier(role.name)
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role.name]).fetchone()
    if known is None:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
    # Hashed here, so that no log of the server can hold the password.
    verifier = connection.pgconn.encrypt_password(password.encode(), role.name.encode(), b"scram-sha-256").decode()
    connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, sql.Literal(verifier)))
    if role.attributes:
        _grant_if_allowed(connection, sql.SQL("ALTER ROLE {} {}").format(name, sql.SQL(role.attributes)))
    for setting, value in (role.defaults or {}).items():
        connection.execute(
            sql.SQL("ALTER ROLE {} SET {} = {}").format(name, sql.Identifier(setting), sql.Literal(value))
        )
    for setting, value in {**SILENT, **(role.limits or {})}.items():
        statement = sql.SQL("ALTER ROLE {} SET {} = {}")
        _grant_if_allowed(connection, statement.format(name, sql.Identifier(setting), sql.Literal(value)))
    for group in role.member_of:
        _grant_if_allowed(connection, sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), name))


def _grant_if_allowed(connection: psycopg.Connection, statement: sql.SQL | sql.Composed) -> None:
    """Run what a managed service may keep from its administrator; `find_missing` tells what is missing then."""
    with suppress(errors.InsufficientPrivilege), connection.transaction():
        connection.execute(statement)


def find_missing(superuser_url: str, dbname: str) -> list[str]:
    """What an administrator without superuser rights could not set up, a sentence each."""
    missing = []
    with psycopg.connect(database_url(superuser_url, dbname)) as connection:
        for role in ROLES:
            found = connection.execute("SELECT rolbypassrls FROM pg_roles WHERE rolname = %s", [role.name]).fetchone()
            if role.attributes and not (found and found[0]):
                missing.append(f"{role.name} lacks {role.attributes}: backups would be empty.")
            query = "SELECT 'log_min_messages=log' = ANY (coalesce(rolconfig, '{}')) FROM pg_roles WHERE rolname = %s"
            if connection.execute(query, [role.name]).fetchone() != (True,):
                missing.append(f"{role.name} writes its errors to the server's log, with the values they quote.")
            query = "SELECT pg_has_role(%s, %s, 'MEMBER')"
            missing += [
                f"{role.name} is no member of {group}."
                for group in role.member_of
                if connection.execute(query, [role.name, group]).fetchone() != (True,)
            ]
        known = {row[0] for row in connection.execute("SELECT extname FROM pg_extension")}
        if connection.execute("SELECT to_regproc('public.planner_figures')").fetchone() == (None,):
            missing.append("The function planner_figures is missing: index advice goes without statistics.")
    return missing + [f"The extension {name} is missing." for name in EXTENSIONS if name not in known]


def create_database(superuser_url: str, dbname: str, template: str | None = None) -> None:
    """Make the database if there is none, give it to the owner role, and close it to everyone else.

    Args:
        template: an existing database to copy, which nobody may be connected to.
    """
    database, owner = sql.Identifier(dbname), sql.Identifier(OWNER)
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        if not connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user AND rolsuper").fetchone():
            # A managed service's administrator may give a database only to a role it belongs to.
            connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(owner))
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [dbname]).fetchone() is None:
            source = (
                sql.SQL("TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(template)) if template else sql.SQL("")
            )
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {} {}").format(database, owner, source))
        connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(database, owner))
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
        for role in ROLES:
            rights = sql.SQL("CONNECT, TEMPORARY" if role.may_make_temporary else "CONNECT")
            connection.execute(
                sql.SQL("GRANT {} ON DATABASE {} TO {}").format(rights, database, sql.Identifier(role.name))
            )
    if template is None:
        _prepare_schema(database_url(superuser_url, dbname))


def _prepare_schema(superuser_url: str) -> None:
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        for extension in EXTENSIONS:
            statement = sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension))
            _grant_if_allowed(connection, statement)
        connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        for role in ROLES:
            rights = sql.SQL("USAGE, CREATE" if role.name == OWNER else "USAGE")
            connection.execute(sql.SQL("GRANT {} ON SCHEMA public TO {}").format(rights, sql.Identifier(role.name)))
        _grant_if_allowed(connection, sql.SQL(FIGURES))
        _grant_if_allowed(connection, sql.SQL(CONSTANTS))
        _grant_if_allowed(connection, sql.SQL(COMPANIES))


def role_urls(any_url: str, dbname: str, passwords: Passwords) -> dict[str, str]:
    """Each role's URL on the server of `any_url`."""
    base = make_url(any_url).set(drivername="postgresql", database=dbname)
    return {role.setting: _text(base.set(username=role.name, password=passwords[role.name])) for role in ROLES}


def database_url(any_url: str, dbname: str) -> str:
    """The same login on another database of the same server."""
    return _text(make_url(any_url).set(drivername="postgresql", database=dbname))


def _text(url: URL) -> str:
    return libpq_address(url)
