"""Tables whose right indexes are known, and the shortest way to look at a workload on them."""

from collections.abc import Sequence
from typing import Any

import psycopg

from app.queries.advisor.advise import Findings, Look
from app.queries.advisor.catalogue import read_catalogue
from app.queries.advisor.types import Catalogue, Query, Writes
from tests.queries.advisor.built import Built

SCHEMA = """
CREATE TABLE orders (
  id bigint PRIMARY KEY, company_id bigint NOT NULL, number bigint NOT NULL, state text NOT NULL, email text NOT NULL,
  total bigint NOT NULL, placed_at timestamptz NOT NULL, deleted_at timestamptz, note text NOT NULL
);
CREATE TABLE lines (id bigint PRIMARY KEY, order_id bigint NOT NULL, sku text NOT NULL, units int NOT NULL, price int NOT NULL);
CREATE TABLE notes (id bigint PRIMARY KEY, company_id bigint NOT NULL, body text NOT NULL);
CREATE TABLE readings (at timestamptz NOT NULL, sensor int NOT NULL, value float8 NOT NULL, filler text NOT NULL);
CREATE TABLE small (id int PRIMARY KEY, kind int NOT NULL);
INSERT INTO orders SELECT n, n % 50, n, (ARRAY['new','packed','sent','done'])[1 + n % 4], 'Person' || n || '@example.test',
  (n * 7919) % 100000, '2026-01-01'::timestamptz + (n * 7919 % 60000) * interval '1 min',
  CASE WHEN n % 100 = 0 THEN now() END, repeat('x', 60) FROM generate_series(1, 60000) n;
INSERT INTO lines SELECT n, 1 + (n * 7919) % 60000, 'sku' || n % 500, n % 9, n % 1000 FROM generate_series(1, 120000) n;
INSERT INTO notes SELECT n, n % 50, md5(n::text) || ' ' || md5((n * 3)::text) FROM generate_series(1, 30000) n;
INSERT INTO readings SELECT '2026-01-01'::timestamptz + n * interval '1 s', n % 100, n, repeat('y', 150)
  FROM generate_series(1, 200000) n;
INSERT INTO small SELECT n, n % 7 FROM generate_series(1, 500) n;
"""


class Shop:
    """One look after another, each on the tables as they were."""

    def __init__(self, connection: psycopg.Connection[dict[str, Any]]) -> None:
        self.connection, self.backend = connection, Built(connection)
        self.before = self.names()

    def names(self) -> set[str]:
        """Return every index there is."""
        rows = self.connection.execute("SELECT indexname FROM pg_indexes WHERE schemaname = 'public'")
        return {row["indexname"] for row in rows}

    def catalogue(self) -> Catalogue:
        """Read the catalogue."""
        return read_catalogue(self.connection, self.backend.column_stats())

    def look(self, queries: Sequence[Query], writes: dict[str, Writes] | None = None) -> Findings:
        """Look at a workload."""
        return Look(self.catalogue(), self.backend, writes or {}).run(queries)

    def bodies(
        self, *texts: str, writes: dict[str, Writes] | None = None, calls: int = 1000, rows: int = 20
    ) -> list[str]:
        """Return the indexes proposed for some statements, as they would be written."""
        found = self.look([ask(text, calls=calls, rows=rows) for text in texts], writes)
        assert not found.unplanned
        return [one.option.candidate.body for one in found.proposals]

    def tidy(self) -> None:
        """Drop what a test built."""
        for name in self.names() - self.before:
            self.connection.execute(f'DROP INDEX "{name}"')


def ask(text: str, *, calls: int = 1000, rows: int = 20, total_ms: float = 1000.0, timeouts: int = 0) -> Query:
    """A statement that ran so often and returned so many rows a call."""
    return Query(f"f{abs(hash(text))}", text, "select", calls, total_ms, rows=rows * calls, timeouts=timeouts)
