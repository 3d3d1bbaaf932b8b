"""Once an index is built the same statements are compared, and the verdict appears by itself."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from app.core.ids import new_ulid
from app.queries.advisor.verdict import Figures, compare, follow_up
from tests.queries.advisor.given import advise, counted_minute
from tests.world import Person

NOW = datetime.now(UTC).replace(second=0, microsecond=0)
MINUTE = timedelta(minutes=1)
Follow = Callable[[str], dict[str, Any]]


@pytest.fixture
def workbench(superuser_url: str) -> Iterator[str]:
    """A table of its own, whose indexes a test makes and drops."""
    table = f"bench_{new_ulid()[-8:].lower()}"
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute(f"CREATE TABLE {table} (id bigint, email text)")
        yield table
        connection.execute(f"DROP TABLE {table}")


@pytest.fixture
def followed(pat: Person) -> Follow:
    """Follow up as the relay does, and return one piece of advice."""

    def run(number: str) -> dict[str, Any]:
        with pat.app.app_context():
            follow_up()
        row = pat.world.sql.execute("SELECT * FROM index_advice WHERE id = %s", [number]).fetchone()
        assert row is not None
        return row

    return run


def test_what_was_built_is_found_whatever_its_name(pat: Person, workbench: str, followed: Follow):
    number = advise(pat, table=workbench, body=f"{workbench} (email)")
    assert followed(number)["state"] == "open"
    pat.world.sql.execute(f"CREATE INDEX somebodys_own_name_{workbench} ON {workbench} (email)")
    row = followed(number)
    assert (row["state"], row["index_name"]) == ("built", f"somebodys_own_name_{workbench}")
    pat.world.sql.execute(f"DROP INDEX somebodys_own_name_{workbench}")
    assert followed(number)["state"] == "gone"


def test_fewer_blocks_a_call_confirm_it(pat: Person, workbench: str, followed: Follow):
    fingerprint = new_ulid().lower()
    number = advise(pat, table=workbench, fingerprints=[fingerprint], state="built", name=f"ix_{workbench}")
    pat.world.sql.execute(f"CREATE INDEX ix_{workbench} ON {workbench} (email)")
    counted_minute(pat, fingerprint, NOW - 90 * MINUTE, calls=100, ms=5000.0, blocks=81_200)
    assert followed(number)["state"] == "built"
    counted_minute(pat, fingerprint, NOW - 5 * MINUTE, calls=200, ms=20.0, blocks=800)
    row = followed(number)
    assert (row["state"], row["evidence"]["level"]) == ("confirmed", 4)
    assert (row["verdict"]["before"]["blocks"], row["verdict"]["after"]["blocks"]) == (812.0, 4.0)
    assert "It helps" in pat.get(f"/slow-queries/advice/{number}").text
    told = pat.world.sql.execute(
        "SELECT sentence FROM query_changes WHERE fingerprint = %s AND kind = 'index'", [fingerprint]
    )
    assert [one["sentence"] for one in told] == [f"ix_{workbench}: {row['verdict']['sentence']}"]


def test_more_blocks_a_call_say_to_drop_it_again(pat: Person, workbench: str, followed: Follow):
    fingerprint = new_ulid().lower()
    number = advise(pat, table=workbench, fingerprints=[fingerprint], state="built", name=f"ix_{workbench}")
    pat.world.sql.execute(f"CREATE INDEX ix_{workbench} ON {workbench} (email)")
    counted_minute(pat, fingerprint, NOW - 90 * MINUTE, calls=100, ms=5.0, blocks=400)
    counted_minute(pat, fingerprint, NOW - 5 * MINUTE, calls=100, ms=50.0, blocks=4000)
    row = followed(number)
    assert row["state"] == "worse"
    assert "Drop it again" in row["verdict"]["sentence"]


def test_a_dropped_index_is_noted(pat: Person, workbench: str, followed: Follow):
    pat.world.sql.execute(f"CREATE INDEX ix_{workbench} ON {workbench} (email)")
    number = advise(pat, kind="drop-unused", table=workbench, name=f"ix_{workbench}")
    assert followed(number)["state"] == "open"
    pat.world.sql.execute(f"DROP INDEX ix_{workbench}")
    assert followed(number)["state"] == "built"


def test_each_statement_weighs_as_often_as_it_runs_now():
    before = {"a": Figures(10, 100.0, 1000), "b": Figures(10, 10.0, 10)}
    after = {"a": Figures(90, 90.0, 900), "b": Figures(10, 10.0, 10), "c": Figures(5, 1.0, 1)}
    verdict = compare(["a", "b", "c"], before, after, scans=90)
    assert verdict["state"] == "confirmed"
    assert verdict["before"]["blocks"] == pytest.approx(90.1)
    assert {row["fingerprint"] for row in verdict["statements"]} == {"a", "b"}
