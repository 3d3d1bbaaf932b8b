"""What the pages of slow queries ask of a replica: how a statement runs there, and which indexes only it reads through."""

from collections.abc import Iterator

import psycopg
import pytest
from flask import Flask

from app.core.ids import new_ulid
from app.core.installation import installation
from app.queries.advisor.housekeeping import Removal
from app.queries.advisor.look import add_scans, read_our_catalogue, unsure, with_replicas
from app.queries.explain import asking
from tests.core.replicas.conftest import replica_of
from tests.queries.explain.test_explain_statement import USERS, keep
from tests.replicating import Pair
from tests.site import wait_for
from tests.world import Person

INDEX = "ix_probe_of_a_replica"


@pytest.fixture
def known(pat: Person, ada: Person, pair: Pair) -> str:
    """A statement that ada's company sends most; the replica has its rows, and is fit to be asked."""
    fingerprint = keep(pat, ada, USERS)
    pair.catch_up()
    wait_for(lambda: replica_of(pat.app).is_fit, limit_s=60, say=lambda: replica_of(pat.app).reason)
    return fingerprint


@pytest.fixture
def there(pair: Pair) -> Iterator[psycopg.Connection]:
    """The replica, after an index nobody needs was made on the primary."""
    with psycopg.connect(pair.superuser_url, autocommit=True) as primary:
        primary.execute(f"CREATE INDEX {INDEX} ON companies (name)")
        pair.catch_up()
        url = pair.superuser_url.replace(str(pair.primary.port), str(pair.replica.port))
        with psycopg.connect(url, autocommit=True) as connection:
            yield connection
        primary.execute(f"DROP INDEX {INDEX}")


def test_a_run_is_made_on_the_replica_and_the_page_says_so(pat: Person, ada: Person, known: str) -> None:
    answer = pat.ask("POST", "/api/query-optimizer/explain", json={"fingerprint": known, "analyze": True})
    assert answer.status_code == 200, answer.text
    told = answer.json
    assert (told["where"], told["isRun"], told["rows"]) == ("replica", True, 1)
    assert told["executionMs"] >= 0
    row = pat.world.sql.execute("SELECT plan::text, how FROM query_plans WHERE fingerprint = %s", (known,)).fetchone()
    assert row["how"] == "analyze"
    assert ada.email not in answer.text + row["plan"]
    done = pat.post(f"/slow-queries/{known}/trial", data={"idempotency_key": new_ulid()}, follow_redirects=True)
    assert "Run on a replica, inside" in done.text


def test_without_a_fit_replica_it_runs_on_the_server(
    pat: Person, known: str, pair: Pair, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = asking.replica_url
    with app.app_context():
        address = gone()
    pair.replica.kill()
    monkeypatch.setattr(asking, "replica_url", lambda: address)  # as in the moment before anybody noticed
    answer = pat.ask("POST", "/api/query-optimizer/explain", json={"fingerprint": known, "analyze": True})
    assert (answer.status_code, answer.json["where"]) == (200, "server")
    wait_for(lambda: not replica_of(app).is_fit, limit_s=30)
    monkeypatch.setattr(asking, "replica_url", gone)
    answer = pat.ask("POST", "/api/query-optimizer/explain", json={"fingerprint": known, "analyze": True})
    assert (answer.status_code, answer.json["where"]) == (200, "server")


def test_scans_of_the_replica_count_and_a_silent_one_holds_advice_back(
    app: Flask, pair: Pair, there: psycopg.Connection
) -> None:
    def scans() -> tuple[int, list[str]]:
        catalogue, silent, _ = read_our_catalogue()
        return next(one.scans for one in catalogue.tables["companies"].indexes if one.name == INDEX), silent

    with app.app_context(), installation():
        assert scans() == (0, [])
        there.execute("SET enable_seqscan = off")
        assert f"using {INDEX}" in str(
            there.execute("EXPLAIN SELECT 1 FROM companies WHERE name = 'Nobody'").fetchall()
        )
        there.execute("SELECT 1 FROM companies WHERE name = 'Nobody'")
        there.execute("SELECT pg_stat_force_next_flush()")
        wait_for(lambda: scans() == (1, []), limit_s=30)
        pair.replica.kill()
        catalogue, silent = with_replicas(read_our_catalogue()[0])
    assert len(silent) == 1
    table = catalogue.tables["companies"]
    index = next(one for one in table.indexes if one.name == INDEX)
    assert index.scans == 0
    held = unsure(Removal("drop-unused", table, index), silent)
    assert held.why_not == "A replica did not answer; it may read through this index."
    assert unsure(Removal("drop-duplicate", table, index), silent).why_not == ""
    assert add_scans(table, {INDEX: 3}).indexes[table.indexes.index(index)].scans == 3
