"""What the app login of one company can see or touch of another's, found by asking PostgreSQL itself."""

import hashlib
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

Row = dict[str, Any]

# Values a CHECK constraint wants and no type tells.
WANTED: dict[str, Any] = {"currency": "GBP", "kind": "product", "until": "2026-11-21T10:42:00Z", "target": "elsewhere"}

SAMPLES = {
    "int2": 1, "int4": 1, "int8": 1, "numeric": 1, "text": "sample", "bool": True, "timestamptz": "2026-11-20T10:42:00Z",
    "date": "2026-11-20", "json": "{}", "jsonb": "{}", "bytea": b"sample", "float8": 1.0, "varchar": "sample",
    "inet": "127.0.0.1", "time": "10:00", "timestamp": "2026-11-20T10:42:00", "tsvector": "sample", "uuid": "00000000-0000-0000-0000-000000000000", "_text": "{}", "_int8": "{}", "interval": "1 s",
}  # fmt: skip


@dataclass(frozen=True)
class Leak:
    """One table through which a company reaches another's rows, and how."""

    table: str
    how: str


def tenant_tables(connection: psycopg.Connection[Row]) -> list[str]:
    """Return every table (or partitioned table) with a company_id."""
    rows = connection.execute(
        """SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'company_id' AND NOT a.attisdropped
           WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1"""
    ).fetchall()
    return [row["relname"] for row in rows]


def fill(connection: psycopg.Connection[Row], table: str, company_id: int) -> None:
    """Give a company one row of a table, whatever its columns are. Foreign keys are not asked."""
    columns = connection.execute(
        """SELECT a.attname AS name, t.typname AS type, a.attnotnull AS needed, a.atthasdef AS has_default,
                  a.attidentity <> '' AS is_identity, a.attgenerated <> '' AS is_generated
           FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
           WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped""",
        (table,),
    ).fetchall()
    values: dict[str, Any] = {"company_id": company_id}
    for column in columns:
        name = column["name"]
        if name == "company_id" or column["is_identity"] or column["is_generated"]:
            continue
        if column["needed"] and not column["has_default"]:
            values[name] = allowed(connection, table, name) or WANTED.get(name) or SAMPLES[column["type"]]
            if column["type"] in {"text", "bytea"} and values[name] in {"sample", b"sample"}:
                unique = f"sample-{company_id}"
                values[name] = unique.encode() if column["type"] == "bytea" else unique
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT DO NOTHING").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join(sql.Placeholder() * len(values)),
    )
    connection.execute(statement, list(values.values()))


def allowed(connection: psycopg.Connection[Row], table: str, column: str) -> str | None:
    """Return a value that a CHECK of the form column IN (…) accepts."""
    row = connection.execute(
        """SELECT substring(pg_get_constraintdef(oid) FROM %s) AS value
           FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c' ORDER BY 1 LIMIT 1""",
        (rf"\({column}\)?(?:::text)? = (?:ANY \(+ARRAY\[)?'([^']+)'", table),
    ).fetchone()
    return row["value"] if row else None


def find_leaks(connection: psycopg.Connection[Row], tables: list[str], mine: int, theirs: int) -> list[Leak]:
    """Ask as the app login acting for `mine`; everything reached of `theirs` is a leak.

    Runs inside the caller's transaction, each question in a savepoint of its own.
    """
    found = []
    for table in tables:
        for how, question in questions(table, theirs):
            try:
                with connection.transaction():
                    connection.execute("SET LOCAL ROLE qd_app")
                    connection.execute("SELECT set_config('qd.company_id', %s, true)", (str(mine),))
                    if connection.execute(question).rowcount > 0:
                        found.append(Leak(table, how))
                    raise psycopg.Rollback
            except psycopg.errors.IntegrityError:
                found.append(Leak(table, how))  # refused by a key, after the row had been reached
            except psycopg.errors.InsufficientPrivilege:
                continue
            finally:
                connection.execute("RESET ROLE")
    return found


def questions(table: str, theirs: int) -> list[tuple[str, sql.Composed]]:
    """Return what an attacker would try on one table."""
    name, company = sql.Identifier(table), sql.Literal(theirs)
    column = sql.Identifier(company_column(table))
    touched = sql.Identifier("name" if table == "companies" else "company_id")
    return [
        ("reads", sql.SQL("SELECT 1 FROM {} WHERE {} = {}").format(name, column, company)),
        ("changes", sql.SQL("UPDATE {0} SET {3} = {3} WHERE {1} = {2}").format(name, column, company, touched)),
        ("deletes", sql.SQL("DELETE FROM {} WHERE {} = {}").format(name, column, company)),
    ]


def company_column(table: str) -> str:
    """Return the column that says whose row it is."""
    return "id" if table == "companies" else "company_id"


# Sessions move when their owner looks, and what storage was asked for is counted a moment later.
MOVING = frozenset({"sessions", "storage_days"})


def snapshot(connection: psycopg.Connection[Row], company_id: int, skip: frozenset[str] = MOVING) -> dict[str, str]:
    """Return a digest of every row a company owns, by table, and of the company itself."""
    parts = [
        sql.SQL("SELECT {} AS name, md5(t::text) AS digest FROM {} t WHERE {} = {}").format(
            sql.Literal(table), sql.Identifier(table), sql.Identifier(company_column(table)), sql.Literal(company_id)
        )
        for table in [*tenant_tables(connection), "companies"]
        if table not in skip
    ]
    found: dict[str, str] = {}
    for row in connection.execute(sql.SQL(" UNION ALL ").join(parts) + sql.SQL(" ORDER BY 1, 2")).fetchall():
        found[row["name"]] = hashlib.sha256((found.get(row["name"], "") + row["digest"]).encode()).hexdigest()
    return found


def differing(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Return the tables that two digests disagree about."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
