"""The catalogue of a database whose tables come and go while it is read."""

from typing import Any

import psycopg

from app.queries.advisor.catalogue import COLUMNS, read_catalogue
from tests.queries.advisor.shop import Shop


class Busy:
    """A connection on which somebody makes a table right before the columns are read."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection

    def execute(self, query: Any, *rest: Any) -> psycopg.Cursor[Any]:
        """Execute as a connection does."""
        if query == COLUMNS:
            self.connection.execute("CREATE TABLE a_new_one (id int PRIMARY KEY)")
        return self.connection.execute(query, *rest)


def test_a_table_that_is_made_meanwhile_is_seen_the_next_time(shop: Shop) -> None:
    seen = read_catalogue(Busy(shop.connection), shop.backend.column_stats())  # type: ignore[arg-type]  # all it needs
    try:
        assert "orders" in seen.tables
        assert "a_new_one" not in seen.tables
        assert "a_new_one" in shop.catalogue().tables
    finally:
        shop.connection.execute("DROP TABLE a_new_one")


def test_a_table_without_a_log_is_left_out(shop: Shop) -> None:
    shop.connection.execute("CREATE UNLOGGED TABLE scratch (id int PRIMARY KEY)")
    try:
        assert "scratch" not in shop.catalogue().tables
    finally:
        shop.connection.execute("DROP TABLE scratch")
