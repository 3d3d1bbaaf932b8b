"""A backend that really builds what it is asked about: what HypoPG and the shadow are measured against.

It is for a database of a test or a bench alone: it builds on the tables themselves, and switches indexes by `pg_index`.
"""

from collections.abc import Sequence
from typing import Any

import psycopg

from app.queries.advisor.backend import Added, CannotTell, Plan, explain
from app.queries.advisor.types import Candidate, Column

STATS = """
SELECT tablename, attname, avg_width, n_distinct, coalesce(correlation, 0) AS correlation, null_frac FROM pg_stats
WHERE schemaname = 'public'
"""


class Built:
    """Indexes that are there, valid only while a plan is asked for.

    Attributes:
        asked: How many plans were made.
    """

    name = "built"

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection, self.asked = connection, 0
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        connection.execute("CREATE EXTENSION IF NOT EXISTS btree_gin")

    def can(self, candidate: Candidate) -> bool:
        """Everything the server can."""
        return bool(candidate.keys)

    def add(self, candidate: Candidate) -> Added:
        """Build it, and hide it."""
        try:
            with self.connection.transaction():
                self.connection.execute(candidate.ddl().encode())
                self.connection.execute(
                    "UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", [candidate.name]
                )
        except psycopg.Error as error:
            raise CannotTell(str(error)) from None
        size = self.connection.execute("SELECT pg_relation_size(%s::regclass) AS n", [candidate.name]).fetchone()
        return Added(candidate.name, size["n"])

    def plan(self, text: str, *, role: str = "", with_indexes: Sequence[str] = (), without: Sequence[str] = ()) -> Plan:
        """Plan with some of them, and without some that were there before."""
        self.asked += 1
        try:
            with self.connection.transaction(force_rollback=True):
                for names, is_valid in ((with_indexes, True), (without, False)):
                    self.connection.execute(
                        "UPDATE pg_index SET indisvalid = %s WHERE indexrelid = ANY (SELECT n::regclass FROM unnest(%s::text[]) n)",
                        [is_valid, list(names)],
                    )
                return explain(self.connection, text)
        except psycopg.Error as error:
            raise CannotTell(str(error)) from None

    def column_stats(self) -> dict[tuple[str, str], Column]:
        """Return what the planner knows of columns."""
        return {
            (row["tablename"], row["attname"]): Column(
                row["attname"], "", row["avg_width"], row["n_distinct"], row["correlation"], row["null_frac"]
            )
            for row in self.connection.execute(STATS)
        }

    def drop_hidden(self) -> None:
        """Drop every index that is built and hidden."""
        hidden = "SELECT indexrelid::regclass::text AS name FROM pg_index WHERE NOT indisvalid"
        for row in self.connection.execute(hidden).fetchall():
            self.connection.execute(f"DROP INDEX {row['name']}")
