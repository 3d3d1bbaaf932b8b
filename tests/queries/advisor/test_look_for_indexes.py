"""A look at what PostgreSQL counted: proved on the cluster without data, written down, renewed, and closed."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from app.core.installation import installation
from app.queries.advisor.look import look
from app.queries.shadow import cluster
from tests.queries.advisor.given import counted
from tests.world import Person

SLOW = "SELECT id FROM users WHERE company_id = $1 AND name = $2 ORDER BY id DESC LIMIT $3"
Find = Callable[[], dict[str, Any]]


@pytest.fixture
def crowded(pat: Person, superuser_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The figures of a database with many people; no such row exists."""
    monkeypatch.setattr(cluster, "FRESH_S", -1.0)
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("SET allow_system_table_mods = on")
        connection.execute("ALTER TABLE users ALTER name SET (n_distinct = -0.5)")
        connection.execute("ANALYZE users")
        connection.execute("UPDATE pg_class SET relpages = 40000, reltuples = 900000 WHERE relname = 'users'")
        yield
        connection.execute("ALTER TABLE users ALTER name RESET (n_distinct)")
        connection.execute("ANALYZE users")
        connection.execute("DELETE FROM index_advice")


@pytest.fixture
def found(pat: Person) -> Find:
    """Look, and return the advice on people there is then, by its columns."""

    def run() -> dict[str, Any]:
        with pat.app.app_context(), installation():
            look(lambda done, total: None)
        rows = pat.world.sql.execute("SELECT * FROM index_advice WHERE table_name = 'users' AND kind = 'create'")
        return {", ".join(row["evidence"]["keys"]): row for row in rows}

    return run


@pytest.mark.usefixtures("crowded")
def test_a_look_proposes_what_the_planner_would_use(pat: Person, found: Find):
    fingerprint = counted(pat, SLOW)
    [(columns, row)] = [(names, row) for names, row in found().items() if "name" in names]
    held = row["evidence"]
    assert columns == "company_id, name, id"
    assert (row["state"], row["backend"], row["priority"], held["level"]) == ("open", "shadow", "high", 2)
    assert held["cost_after"] < held["cost_before"] / 10
    assert fingerprint in {one["fingerprint"] for one in held["statements"]}
    assert row["definition"].startswith("CREATE INDEX CONCURRENTLY ix_users_")


@pytest.mark.usefixtures("crowded")
def test_a_second_look_renews_and_leaves_what_was_dismissed(pat: Person, found: Find):
    counted(pat, SLOW)
    first = found()["company_id, name, id"]
    pat.world.sql.execute("UPDATE index_advice SET state = 'dismissed' WHERE id = %s", [first["id"]])
    again = found()["company_id, name, id"]
    assert (again["id"], again["state"], again["found_at"]) == (first["id"], "dismissed", first["found_at"])


@pytest.mark.usefixtures("crowded")
def test_what_is_not_found_any_more_is_gone(pat: Person, found: Find):
    fingerprint = counted(pat, SLOW)
    assert found()["company_id, name, id"]["state"] == "open"
    pat.world.sql.execute("DELETE FROM server_hours WHERE key LIKE %s", [f"%{fingerprint}%"])
    others = "DELETE FROM server_hours h USING server_statements s WHERE s.key = h.key AND s.text = %s"
    pat.world.sql.execute(others, [SLOW])
    assert found()["company_id, name, id"]["state"] == "gone"


@pytest.mark.usefixtures("crowded")
def test_stale_statistics_are_not_enough(pat: Person, found: Find):
    counted(pat, SLOW)
    pat.world.sql.execute("SELECT pg_stat_reset_single_table_counters('users'::regclass)")
    row = found()["company_id, name, id"]
    assert row["priority"] == "low"
    assert row["evidence"]["level"] == 1
    assert "never analysed" in row["evidence"]["why_not"][0]


@pytest.mark.usefixtures("crowded")
def test_no_value_of_a_row_is_kept(pat: Person, found: Find):
    canary = pat.email
    counted(pat, SLOW)
    found()
    rows = pat.world.sql.execute("SELECT * FROM index_advice").fetchall()
    assert rows
    assert canary not in str(rows)
