"""Figures over JSON: the installation's for platform admins, one's own for everybody who sees jobs."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from app.core import clock
from app.core.broker import QUEUES
from app.core.ids import new_ulid
from app.queues.figures import samples
from tests.queues.figures.conftest import Ledger
from tests.world import Person

PLATFORM = ("/api/queues/stats", "/api/queues/stats/waiting", "/api/queues/health")


@pytest.fixture
def keep(app: Flask) -> Callable[[], None]:
    """Do the relay's duty once."""

    def run() -> None:
        with app.app_context():
            samples.keep_figures()

    return run


def test_a_platform_admin_reads_every_queue(pat: Person, ada: Person, ledger: Ledger, keep: Callable[[], None]) -> None:
    name, signature = f"asked.{new_ulid()}", new_ulid()
    ledger.end(ada, "failed", name=name, queue="sync", ran_ms=1000, signature=signature, error="ValueError: no")
    keep()
    answer = pat.get("/api/queues/stats")
    assert answer.status_code == 200, answer.text
    found = answer.json
    assert {one["name"] for one in found["queues"]} == set(QUEUES)
    [sync] = [one for one in found["queues"] if one["name"] == "sync"]
    assert (sync["targetS"], sync["objective"], [one["window"] for one in sync["kept"]]) == (
        60, 0.99, ["1h", "24h", "30d"],
    )  # fmt: skip
    assert sync["failedLastHour"] >= 1
    [kind] = [one for one in found["types"] if one["name"] == name]
    assert (kind["failed"], kind["runP50Ms"]) == (1, pytest.approx(1000, rel=0.02))
    assert ada.company_slug in {one["slug"] for one in found["companies"]}
    [failure] = [one for one in found["failures"] if one["signature"] == signature]
    assert (failure["count"], failure["companies"], failure["errorType"]) == (1, 1, "ValueError")
    assert found["verdict"]
    assert found["sampledAt"]


def test_health_names_what_is_behind(pat: Person, ada: Person, ledger: Ledger, keep: Callable[[], None]) -> None:
    ledger.world.sql.execute("DELETE FROM job_outbox WHERE queue = 'cache'")
    ledger.wait(ada, queue="cache", since=clock.now() - timedelta(minutes=5))
    keep()
    found = pat.get("/api/queues/health").json
    ledger.world.sql.execute("DELETE FROM job_outbox WHERE queue = 'cache'")
    assert found["status"] == "degraded"
    assert found["isBrokerUp"] is True
    assert "cache is behind: its oldest job waits 5 min, wanted 10 s." in found["problems"]
    assert {one["name"]: one["state"] for one in found["queues"]}["cache"] == "behind"


def test_health_is_down_when_nobody_looks(pat: Person, ledger: Ledger) -> None:
    ledger.world.sql.execute("DELETE FROM queue_samples")
    found = pat.get("/api/queues/health").json
    assert (found["status"], found["sampledAt"]) == ("down", None)
    assert found["problems"][0].startswith("The relay last looked at the queues never")


def test_what_waited_is_told_at_even_distances(pat: Person, keep: Callable[[], None]) -> None:
    keep()
    found = pat.get("/api/queues/stats/waiting?window=1h&points=12").json
    assert (set(found["queues"]), found["everyS"]) == (set(QUEUES), 300)
    assert {len(line) for line in found["queues"].values()} == {12}


@pytest.mark.parametrize("path", PLATFORM)
@pytest.mark.parametrize("who", ["ada", "sam", "vera"])
def test_nobody_else_reads_the_installations_figures(path: str, who: str, request: pytest.FixtureRequest) -> None:
    assert request.getfixturevalue(who).get(path).status_code == 403


def test_everybody_reads_their_own_companys_figures(
    vera: Person, cleo: Person, ledger: Ledger, keep: Callable[[], None]
) -> None:
    ledger.end(vera, name="mine.only")
    ledger.end(cleo, "failed", name="theirs.only", signature=new_ulid())
    keep()
    found = vera.get("/api/queues/stats/own").json
    assert found["company"]["slug"] == vera.company_slug
    assert ([one["name"] for one in found["types"]], found["failures"], found["company"]["share"]) == (
        ["mine.only"], [], None,
    )  # fmt: skip


def test_a_window_nobody_keeps_is_refused(pat: Person) -> None:
    assert pat.get("/api/queues/stats?window=9y").status_code == 422
