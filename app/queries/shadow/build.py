"""Builds the shadow's databases: a mould that nobody works in, and copies of it, each made in some 50 ms."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import psycopg.sql as psql
from psycopg.rows import dict_row

from app.queries.server.protocol import Link, Row
from app.queries.shadow.heights import raise_tree, read_trees
from app.queries.shadow.holes import dig, read_extents
from app.queries.shadow.server import Address
from app.queries.shadow.source import Source

BUILDING = 7_166_202  # the advisory lock of whoever builds
APP = "qd_app"
MOULDS = """CREATE TABLE IF NOT EXISTS moulds
  (name text, plain text, signature text, built_at timestamptz DEFAULT now())"""
NEWEST = "SELECT name, plain, signature, now() - built_at > %s * interval '1 second' AS is_old FROM moulds"
# Only what has nobody in it: others may be planning in an older one.
UNUSED = """SELECT datname AS name FROM pg_database d WHERE datname ~ '^(mould|plain|copy)_' AND NOT EXISTS
  (SELECT 1 FROM pg_stat_activity a WHERE a.datid = d.oid)
  AND datname NOT IN (SELECT name FROM moulds UNION ALL SELECT plain FROM moulds)"""
RELATIONS = """UPDATE pg_class c SET relpages = f.pages, reltuples = f.rows, relallvisible = f.visible
  FROM jsonb_to_recordset(%s::jsonb) AS f(name text, pages int, rows real, visible int)
  WHERE c.relname = f.name AND c.relnamespace = 'public'::regnamespace"""
# Kind 3 is the correlation of rows and order, whose operator is the type's own "less than"; kind 1 are common values, which
# are compared by its "equal".
COLUMNS = """INSERT INTO pg_statistic (starelid, staattnum, stainherit, stanullfrac, stawidth, stadistinct,
    stakind1, stakind2, stakind3, stakind4, stakind5, staop1, staop2, staop3, staop4, staop5,
    stacoll1, stacoll2, stacoll3, stacoll4, stacoll5, stanumbers1, stanumbers2, stavalues2)
  SELECT c.oid, a.attnum, f.is_inherited, f.null_frac, f.avg_width, f.n_distinct,
    CASE WHEN o.less IS NULL OR f.correlation IS NULL THEN 0 ELSE 3 END,
    CASE WHEN o.equal IS NULL OR f.common IS NULL THEN 0 ELSE 1 END, 0, 0, 0,
    coalesce(o.less, 0), CASE WHEN f.common IS NULL THEN 0 ELSE coalesce(o.equal, 0) END, 0, 0, 0,
    CASE WHEN o.less IS NULL OR f.correlation IS NULL THEN 0 ELSE a.attcollation END,
    CASE WHEN o.equal IS NULL OR f.common IS NULL THEN 0 ELSE a.attcollation END, 0, 0, 0,
    CASE WHEN o.less IS NULL OR f.correlation IS NULL THEN NULL ELSE ARRAY[f.correlation] END,
    CASE WHEN o.equal IS NULL OR f.common IS NULL THEN NULL ELSE f.shares END,
    CASE WHEN o.equal IS NULL OR f.common IS NULL THEN NULL ELSE array_in(textout(f.common), a.atttypid, -1) END
  FROM jsonb_to_recordset(%s::jsonb) AS f(relation text, attribute text, is_inherited boolean, null_frac real,
    avg_width int, n_distinct real, correlation real, common text, shares real[])
  JOIN pg_class c ON c.relname = f.relation AND c.relnamespace = 'public'::regnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = f.attribute AND NOT a.attisdropped
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN LATERAL (SELECT max(m.amopopr::bigint) FILTER (WHERE m.amopstrategy = 1)::oid AS less,
      max(m.amopopr::bigint) FILTER (WHERE m.amopstrategy = 3)::oid AS equal
    FROM pg_opclass k JOIN pg_amop m ON m.amopfamily = k.opcfamily AND m.amoplefttype = k.opcintype
    AND m.amoprighttype = k.opcintype
    WHERE k.opcmethod = 403 AND k.opcdefault AND k.opcintype = CASE WHEN t.typtype = 'e' THEN 3500::oid
      WHEN t.typtype = 'd' THEN t.typbasetype WHEN t.oid = 1043 THEN 25::oid
      WHEN t.typcategory = 'A' THEN 2277::oid ELSE t.oid END) o ON true"""


@contextmanager
def connect(address: Address, database: str = "postgres") -> Iterator[Link]:
    """Open a connection of the shadow's superuser, who may write in its catalogue."""
    connection: psycopg.Connection[Row] = psycopg.connect(
        address.url(database), autocommit=True, row_factory=dict_row, prepare_threshold=None, connect_timeout=5,
        options="-c timezone=UTC -c allow_system_table_mods=on",
    )  # fmt: skip
    with connection:
        yield connection


def find_mould(connection: Link, signature: str, oldest_s: float) -> tuple[str, str] | None:
    """Return (mould, plain copy) when what is built is of this schema and not too old."""
    connection.execute(MOULDS)
    row = connection.execute(NEWEST, [oldest_s]).fetchone()
    if row is None or row["signature"] != signature or row["is_old"]:
        return None
    return row["name"], row["plain"]


def build_mould(address: Address, connection: Link, source: Source) -> tuple[str, str]:
    """Build a mould and its plain copy, and let the older ones go."""
    name = f"mould_{secrets.token_hex(4)}"
    prepare_cluster(address, connection, source)
    connection.execute(psql.SQL("CREATE DATABASE {} TEMPLATE template0").format(psql.Identifier(name)))
    with connect(address, name) as inside:
        # Whatever else is installed there (HypoPG, PostGIS) and is not here only matters if our schema is made of it.
        here = {row["name"] for row in inside.execute("SELECT name FROM pg_available_extensions").fetchall()}
        for extension in here.intersection(source.extensions):
            statement = psql.SQL("CREATE EXTENSION IF NOT EXISTS {} SCHEMA public")
            inside.execute(statement.format(psql.Identifier(extension)))
        inside.execute(source.schema.encode())
        inside.execute("RESET ALL")
        inside.execute("SET allow_system_table_mods = on")
        make_partitions(inside, source.relations)
        inside.execute(RELATIONS, [json.dumps(source.relations)])
        inside.execute(COLUMNS, [json.dumps(source.figures)])
        inside.execute("CREATE EXTENSION IF NOT EXISTS pg_buffercache SCHEMA pg_catalog")
        trees = read_trees(inside)
    connection.execute("CHECKPOINT")  # what the server has written it does not write again
    for path, pages in trees:
        raise_tree(address, path, pages)
    plain = copy_mould(address, connection, name, "plain")
    connection.execute("DELETE FROM moulds")
    connection.execute(
        "INSERT INTO moulds (name, plain, signature) VALUES (%s, %s, %s)", [name, plain, source.signature]
    )
    for row in connection.execute(UNUSED).fetchall():
        drop(connection, row["name"])
    return name, plain


def prepare_cluster(address: Address, connection: Link, source: Source) -> None:
    """Make the roles policies and grants name, and plan with the same prices as the real server."""
    for role in source.roles:
        known = connection.execute("SELECT 1 AS one FROM pg_roles WHERE rolname = %s", [role]).fetchone()
        if known is None:
            connection.execute(psql.SQL("CREATE ROLE {} NOLOGIN").format(psql.Identifier(role)))
    login = psql.SQL("ALTER ROLE {} LOGIN PASSWORD {}")
    connection.execute(login.format(psql.Identifier(APP), psql.Literal(address.stranger)))
    for setting, value in source.settings.items():
        statement = psql.SQL("ALTER ROLE ALL SET {} = {}")
        connection.execute(statement.format(psql.Identifier(setting), psql.Literal(value)))


def make_partitions(connection: Link, relations: list[Row]) -> None:
    """Make each partition anew; the indexes of its parent come with it, with the names PostgreSQL gives them."""
    for row in relations:
        if row["kind"] not in ("r", "p") or not row["is_partition"]:
            continue
        statement = psql.SQL("CREATE TABLE public.{} PARTITION OF public.{} {}").format(
            psql.Identifier(row["name"]), psql.Identifier(row["parent"]), psql.SQL(row["bound"])
        )
        connection.execute(statement)
        if row["is_protected"]:
            connection.execute(
                psql.SQL("ALTER TABLE public.{} ENABLE ROW LEVEL SECURITY").format(psql.Identifier(row["name"]))
            )


def copy_mould(address: Address, connection: Link, mould: str, kind: str) -> str:
    """Copy the mould, and give the copy's files their lengths."""
    name = f"{kind}_{secrets.token_hex(4)}"
    statement = psql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
    connection.execute(statement.format(psql.Identifier(name), psql.Identifier(mould)))
    with connect(address, name) as inside:
        dig(address, inside, read_extents(inside))
    return name


def drop(connection: Link, name: str) -> None:
    """Drop a database, whoever is in it."""
    connection.execute(psql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(psql.Identifier(name)))
