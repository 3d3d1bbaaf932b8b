"""A look at what PostgreSQL counted: proved on the cluster without data, written down, renewed, closed, no value kept."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from app.core import clock
from app.core.ids import new_ulid
from app.core.installation import installation
from app.queries.advisor.look import look
from app.queries.advisor.workload import counting_since, load_workload
from app.queries.shadow import cluster
from tests.queries.advisor.given import HOUR, counted, counted_minute, stopped
from tests.world import Person

SLOW = "SELECT id FROM users WHERE company_id = $1 AND name = $2 ORDER BY id DESC LIMIT $3"
Find = Callable[[], dict[str, Any]]


@pytest.fixture
def crowded(pat: Person, superuser_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The figures of a database with many people; no such row exists."""
    monkeypatch.setattr(cluster, "FRESH_S", -1.0)
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("SET allow_system_table_mods = on")
        connection.execute("ALTER TABLE users SET (autovacuum_enabled = off)")  # it would count the rows anew
        connection.execute(
            "ALTER TABLE users ALTER name SET (n_distinct = -0.5), ALTER company_id SET (n_distinct = 20)"
        )
        connection.execute("ANALYZE users")
        connection.execute("UPDATE pg_class SET relpages = 40000, reltuples = 900000 WHERE relname = 'users'")
        yield
        connection.execute("ALTER TABLE users RESET (autovacuum_enabled)")
        connection.execute("ALTER TABLE users ALTER name RESET (n_distinct), ALTER company_id RESET (n_distinct)")
        connection.execute("ANALYZE users")
        connection.execute("DELETE FROM index_advice")


@pytest.fixture
def found(pat: Person) -> Find:
    """Look, and return the advice on people by company and name there is then."""

    def run() -> dict[str, Any]:
        with pat.app.app_context(), installation():
            look(lambda done, total: None)
        rows = pat.world.sql.execute("SELECT * FROM index_advice WHERE table_name = 'users' AND kind = 'create'")
        [row] = [one for one in rows if one["evidence"]["keys"][:2] == ["company_id", "name"]]
        return row

    return run


@pytest.mark.usefixtures("crowded")
def test_a_look_proposes_what_the_planner_would_use_and_the_next_one_knows_it(pat: Person, found: Find):
    fingerprint = counted(pat, SLOW)
    row = found()
    held = row["evidence"]
    assert (row["state"], row["backend"], row["priority"], held["level"]) == ("open", "shadow", "high", 2)
    assert held["cost_after"] < held["cost_before"] / 10
    assert fingerprint in {one["fingerprint"] for one in held["statements"]}
    assert row["definition"].startswith("CREATE INDEX CONCURRENTLY ix_users_")
    told = pat.get("/api/query-optimizer/indexes").json["recommendations"]
    assert [one["statements"][0]["text"] for one in told if one["id"] == row["id"]] == [SLOW]
    assert pat.get(f"/slow-queries/advice/{row['id']}").status_code == 200
    assert pat.email not in str(pat.world.sql.execute("SELECT * FROM index_advice").fetchall())
    pat.world.sql.execute("UPDATE index_advice SET state = 'dismissed' WHERE id = %s", [row["id"]])
    again = found()
    assert (again["id"], again["state"], again["found_at"]) == (row["id"], "dismissed", row["found_at"])
    pat.world.sql.execute("UPDATE index_advice SET state = 'open' WHERE id = %s", [row["id"]])
    for table in ("server_hours", "query_hours"):  # what other tests asked in this way, or had stopped, as well
        pat.world.sql.execute(f"DELETE FROM {table}".encode())
    assert found()["state"] == "gone"


@pytest.mark.usefixtures("crowded")
def test_stale_statistics_are_not_enough(pat: Person, found: Find):
    counted(pat, SLOW)
    pat.world.sql.execute("SELECT pg_stat_reset_single_table_counters('users'::regclass)")
    row = found()
    assert row["priority"] == "low"
    assert row["evidence"]["level"] == 1
    assert "never analysed" in row["evidence"]["why_not"][0]


@pytest.mark.usefixtures("crowded")
def test_what_ran_out_of_time_is_looked_at_though_postgresql_counted_none_of_it(pat: Person, found: Find):
    counted_too, never_counted = counted(pat, SLOW), new_ulid().lower()
    stopped(pat, counted_too, SLOW)
    stopped(pat, never_counted, SLOW.replace("DESC", "ASC"), times=2)
    row = found()
    assert row["priority"] == "high"
    late = {one["fingerprint"]: (one["timeouts"], one["total_ms"]) for one in row["evidence"]["statements"]}
    assert late[counted_too] == (3, 210_000.0)
    assert late[never_counted] == (2, 20_000.0)
    assert "5 calls were stopped" in row["reason"]


def test_counting_begins_with_the_first_minute_not_with_its_hour(pat: Person):
    for table in ("server_hours", "server_minutes"):
        pat.world.sql.execute(f"DELETE FROM {table}".encode())
    fingerprint = counted(pat, SLOW)
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - 4 * HOUR
    with pat.app.app_context(), installation():
        assert counting_since() == hour
    for minute in (52, 37, 58):
        counted_minute(pat, fingerprint, hour + timedelta(minutes=minute), calls=1, ms=1.0, blocks=1)
    with pat.app.app_context(), installation():
        assert counting_since() == hour + timedelta(minutes=37)
        assert load_workload(clock.now()).since == hour + timedelta(minutes=37)
        assert counting_since(clock.now()) is None
    pat.world.sql.execute("DELETE FROM server_minutes WHERE key = %s", [f"1:{fingerprint}:true"])
    pat.world.sql.execute("DELETE FROM server_hours")
