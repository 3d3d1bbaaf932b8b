"""A hundred rows where there was one: every row a company has in any table, again and again under other names.

What names a row (its key, and whatever must be unique) is changed alike in every table, so that the copies of lines
belong to the copies of their orders.
"""

from dataclasses import dataclass

import psycopg
from psycopg import sql

from tests.world import Connection

COLUMNS = """
SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type, a.attgenerated <> '' AS is_generated,
  EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique
    AND pg_get_indexdef(i.indexrelid) ~ ('\\m' || a.attname || '\\M'))
  OR EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f' AND a.attnum = ANY(k.conkey))
  AS is_name,
  EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f' AND a.attnum = ANY(k.conkey)
    AND k.confrelid = 'users'::regclass)
  OR EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c' AND a.attnum = ANY(k.conkey)
    AND pg_get_constraintdef(k.oid) ~ 'ARRAY\\[')
  AS is_kept
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.oid = %s::regclass ORDER BY a.attnum"""
TABLES = """
SELECT c.oid::regclass::text AS name FROM pg_class c
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace
AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'company_id' AND NOT a.attisdropped)
ORDER BY 1"""
SHORT, APART = 8, 1_000_000


@dataclass(frozen=True)
class Column:
    """A column; `is_name` when it names a row, here or elsewhere, `is_kept` when it holds one of a few words or a person."""

    name: str
    type: str
    is_generated: bool
    is_name: bool
    is_kept: bool

    def copy(self) -> sql.Composable:
        """Return its value in a copy."""
        here = sql.SQL("t.") + sql.Identifier(self.name)
        if not self.is_name or self.is_kept or self.name == "company_id":
            return here
        if self.type in {"bigint", "integer"}:
            return sql.SQL("{} + {} * n").format(here, sql.Literal(APART))
        if self.type == "text":
            # Long ones keep their length, as ids must; short ones are words such as a kind, which stay what they are.
            return sql.SQL(
                "CASE WHEN length({0}) >= {1} THEN left({0}, -4) || lpad(n::text, 4, '0') ELSE {0} END"
            ).format(here, sql.Literal(SHORT))
        if self.type == "bytea":
            return sql.SQL("{} || int4send(n)").format(here)
        return here


def multiply(connection: Connection, company_id: int, times: int) -> dict[str, int]:
    """Copy every row of a company so often, past triggers and foreign keys; return how many copies each table took."""
    made: dict[str, int] = {}
    tables = [row["name"] for row in connection.execute(TABLES).fetchall()]
    for table in tables:
        columns = [Column(**row) for row in connection.execute(COLUMNS, (table,)).fetchall()]
        kept = [column for column in columns if not column.is_generated]
        copy = sql.SQL(
            "INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE SELECT {values} FROM {table} t, "
            "generate_series(1, {times}) n WHERE t.company_id = {company} ON CONFLICT DO NOTHING"
        ).format(
            table=sql.Identifier(*table.split(".")),
            names=sql.SQL(", ").join(sql.Identifier(column.name) for column in kept),
            values=sql.SQL(", ").join(column.copy() for column in kept),
            times=sql.Literal(times),
            company=sql.Literal(company_id),
        )
        with connection.transaction():
            connection.execute("SET LOCAL session_replication_role = replica")
            try:
                with connection.transaction():
                    made[table] = connection.execute(copy).rowcount
            except psycopg.errors.CheckViolation:
                made[table] = 0
    return made
