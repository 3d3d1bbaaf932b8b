"""No company reaches another's rows; and the proof notices when a policy or a table's protection is gone."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask

from tests.laws.leaks import Leak, company_column, fill, find_leaks, tenant_tables
from tests.world import World

Connection = psycopg.Connection[dict[str, Any]]


@pytest.fixture
def two_companies(world: World, app: Flask, superuser_url: str) -> Iterator[tuple[Connection, list[str], int, int]]:
    """Two companies with a row each in every table, inside a transaction that is never kept."""
    mine, theirs = world.company("mine")["id"], world.company("theirs")["id"]
    with psycopg.connect(superuser_url, row_factory=psycopg.rows.dict_row) as connection:
        tables = tenant_tables(connection)
        connection.execute("SET LOCAL session_replication_role = replica")
        for table in tables:
            for company_id in (mine, theirs):
                fill(connection, table, company_id)
        connection.execute("SET LOCAL session_replication_role = DEFAULT")
        yield connection, [*tables, "companies"], mine, theirs
        connection.rollback()


def test_no_table_leaks(two_companies: tuple[Connection, list[str], int, int]) -> None:
    connection, tables, mine, theirs = two_companies
    for table in tables:
        row = connection.execute(
            f"SELECT count(*) AS n FROM {table} WHERE {company_column(table)} = %s", (theirs,)
        ).fetchone()
        assert row, table
        assert row["n"] > 0, f"{table} holds nothing to leak; the proof would be empty"
    assert find_leaks(connection, tables, mine, theirs) == []


def test_nobody_sees_nothing(two_companies: tuple[Connection, list[str], int, int]) -> None:
    connection, tables, _, theirs = two_companies
    assert find_leaks(connection, tables, 0, theirs) == []


def test_each_policy_opened_turns_this_suite_red(two_companies: tuple[Connection, list[str], int, int]) -> None:
    connection, tables, mine, theirs = two_companies
    policies = connection.execute(
        "SELECT tablename, policyname, cmd FROM pg_policies WHERE schemaname = 'public' AND 'qd_app' = ANY(roles)"
    ).fetchall()
    assert {policy["tablename"] for policy in policies} >= set(app_tables(connection, tables))
    for policy in policies:
        table = policy["tablename"]
        if not can_read(connection, table) or table not in tables:
            continue
        with pytest.raises(Undo), connection.transaction():
            connection.execute(f"ALTER POLICY {policy['policyname']} ON {table} USING (true)")
            assert Leak(table, "reads") in find_leaks(connection, [table], mine, theirs), f"{table}: unnoticed"
            raise Undo


def test_each_table_unprotected_turns_this_suite_red(two_companies: tuple[Connection, list[str], int, int]) -> None:
    connection, tables, mine, theirs = two_companies
    for table in app_tables(connection, tables):
        if not can_read(connection, table):
            continue
        with pytest.raises(Undo), connection.transaction():
            connection.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
            assert Leak(table, "reads") in find_leaks(connection, [table], mine, theirs), table
            raise Undo


class Undo(Exception):
    """Ends a savepoint on purpose."""


def can_read(connection: Connection, table: str) -> bool:
    """Say whether the app login may read a table at all; the outbox it may only fill."""
    row = connection.execute("SELECT has_table_privilege('qd_app', %s, 'SELECT') AS yes", (table,)).fetchone()
    return bool(row and row["yes"])


def app_tables(connection: Connection, tables: list[str]) -> list[str]:
    """Return the tables the app login may touch."""
    return [
        table
        for table in tables
        if (row := connection.execute(
            "SELECT has_table_privilege('qd_app', %s, 'SELECT, INSERT, UPDATE, DELETE') AS yes", (table,)
        ).fetchone()) and row["yes"]
    ]  # fmt: skip
