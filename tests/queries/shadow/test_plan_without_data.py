"""Plans on the shadow: our schema and the planner's figures, and not one row."""

import psycopg
import pytest
from flask import Flask

from app.queries.explain.problems import ExplainFailed, ExplainRefused
from app.queries.shadow import cluster
from app.queries.shadow.cluster import Shadow, shadow
from tests.stage import Stage

SQL = "SELECT id FROM users WHERE company_id = $1 AND name = $2 ORDER BY id DESC LIMIT $3"
INDEX = "CREATE INDEX CONCURRENTLY ix_users_name ON users (company_id, name, id DESC)"


def index_names(tree: object) -> set[str]:
    found = set()
    if isinstance(tree, dict):
        found |= {tree["Index Name"]} if "Index Name" in tree else set()
        tree = list(tree.values())
    if isinstance(tree, list):
        for one in tree:
            found |= index_names(one)
    return found


@pytest.fixture(scope="module")
def planner(quiet_stage: Stage):
    """One view of the shadow for all tests that change nothing for each other."""
    with quiet_stage.app.app_context(), shadow() as s:
        yield s


@pytest.fixture
def crowded(app: Flask, superuser_url: str, monkeypatch: pytest.MonkeyPatch):
    """The figures of a database whose users are many; no such row exists."""
    monkeypatch.setattr(cluster, "FRESH_S", -1.0)
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("SET allow_system_table_mods = on")
        connection.execute("ALTER TABLE users SET (autovacuum_enabled = off)")  # it would count the rows anew
        connection.execute("ALTER TABLE users ALTER name SET (n_distinct = -0.5)")
        connection.execute("ANALYZE users")
        connection.execute("UPDATE pg_class SET relpages = 400000, reltuples = 9000000 WHERE relname = 'users'")
        yield
        connection.execute("ALTER TABLE users RESET (autovacuum_enabled)")
        connection.execute("ALTER TABLE users ALTER name RESET (n_distinct)")
        connection.execute("ANALYZE users")


def test_a_statement_is_planned_with_the_policy_and_no_rows(app: Flask):
    with app.app_context(), shadow() as s:
        tree = s.plan(SQL)
        with psycopg.connect(s.address.url(s._database)) as connection:
            rows = connection.execute("SELECT count(*) FROM companies").fetchone()
    assert tree["Plan"]["Node Type"] == "Limit"
    assert "qd.company_id" in str(tree)
    assert rows == (0,)


@pytest.mark.usefixtures("crowded")
def test_the_planner_believes_in_rows_that_are_not_there(app: Flask):
    with app.app_context(), shadow() as s:
        tree = s.plan("SELECT count(*) FROM users", role="qd_platform")
    assert tree["Plan"]["Total Cost"] > 100_000


@pytest.mark.usefixtures("crowded")
def test_an_index_is_tried_without_being_built(app: Flask):
    with app.app_context(), shadow() as s:
        before = s.plan(SQL)
        size = s.add_index(INDEX)
        unused = s.plan(SQL)
        after = s.plan(SQL, with_indexes=[INDEX])
        again = s.plan(SQL)
    assert s.names[INDEX] in index_names(after)
    assert s.names[INDEX] not in index_names(unused) | index_names(again)
    assert after["Plan"]["Total Cost"] < before["Plan"]["Total Cost"]
    assert unused["Plan"]["Total Cost"] == pytest.approx(before["Plan"]["Total Cost"])
    assert 9_000_000 * 6 < size < 9_000_000 * 100


@pytest.mark.usefixtures("crowded")
def test_an_index_of_one_is_not_seen_by_others_and_goes_with_them(app: Flask, monkeypatch: pytest.MonkeyPatch):
    with app.app_context(), shadow() as s:
        s.plan(SQL, with_indexes=[INDEX])
        monkeypatch.setattr(cluster, "FRESH_S", 600.0)
        with shadow() as other:
            seen = other.plan(SQL)
        kept = s._database
    assert s.names[INDEX] not in index_names(seen)
    with psycopg.connect(s.address.url()) as connection:
        left = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [kept]).fetchone()
    assert left is None


@pytest.mark.parametrize(
    "ddl",
    [
        "CREATE UNIQUE INDEX ON users (company_id, id) INCLUDE (name)",
        "CREATE INDEX tried ON users (company_id, lower(name) DESC NULLS LAST) WHERE role = 'staff'",
        "CREATE INDEX IF NOT EXISTS tried ON users USING gin (name gin_trgm_ops)",
        "CREATE INDEX tried ON users USING brin (created_at)",
        "CREATE INDEX tried ON users USING hash (email)",
        "CREATE INDEX tried ON event_log (company_id, topic)",
        "CREATE INDEX CONCURRENTLY tried ON public.query_minutes (fingerprint)",
    ],
)
def test_every_kind_of_index_is_made_and_measured(planner: Shadow, ddl: str):
    assert planner.add_index(ddl) >= 8192
    assert planner.add_index(ddl) == planner.add_index(ddl)


@pytest.mark.parametrize("ddl", ["DROP TABLE users", "CREATE INDEX ON users (id); DROP TABLE users", "nonsense", ""])
def test_only_an_index_is_made(planner: Shadow, ddl: str):
    with pytest.raises(ExplainRefused):
        planner.add_index(ddl)


def test_a_real_index_is_left_out_for_one_plan(planner: Shadow):
    text = "SELECT * FROM jobs WHERE company_id = $1 AND id = $2"
    first = index_names(planner.plan(text))
    assert first
    assert first & index_names(planner.plan(text, without_indexes=sorted(first))) == set()
    assert index_names(planner.plan(text)) == first


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO outbox DEFAULT VALUES",
        "UPDATE users SET name = $1 WHERE id = $2",
        "DELETE FROM query_minutes WHERE at < $1",
        "SELECT pg_advisory_xact_lock($1)",
    ],
)
def test_what_writes_is_planned_too_and_changes_nothing(planner: Shadow, text: str):
    assert planner.plan(text)["Plan"]["Total Cost"] >= 0


@pytest.mark.parametrize("text", ["SELECT 1; DROP TABLE users", "DROP TABLE users", "ANALYZE", "COMMIT", ") SELECT 1"])
def test_nothing_but_one_statement_with_a_plan_is_taken(planner: Shadow, text: str):
    with pytest.raises(ExplainRefused):
        planner.plan(text)


def test_a_partitioned_table_has_its_partitions(planner: Shadow):
    tree = planner.plan("SELECT sum(calls) FROM query_minutes WHERE at > $1", role="qd_platform")
    assert str(tree).count("query_minutes_2") >= 3


def test_errors_are_said_without_the_servers_words(planner: Shadow):
    with pytest.raises(ExplainFailed) as caught:
        planner.plan("SELECT secret_word FROM users")
    assert caught.value.sqlstate == "42703"
    assert "secret_word" not in caught.value.sentence
