"""The primary dies under load and its replica takes over: the same processes write there, and nothing is lost."""

import time
from collections.abc import Iterator

import pytest
from sqlalchemy.engine import make_url

from app.core.embedded.ports import LOOPBACK
from tests.faults.figures import Figures
from tests.faults.house import House, house_on
from tests.faults.visitors import Visitors
from tests.replicating import Pair, replicating
from tests.services import Services
from tests.site import wait_for

pytestmark = pytest.mark.slow
HEAD = "SELECT coalesce(sum(seq), 0)::bigint FROM topic_heads WHERE company_id = %s"
WRITING = "target_session_attrs=read-write"


@pytest.fixture(scope="module")
def pair(services: Services) -> Iterator[Pair]:
    """A primary that waits for its replica before it says that something is written."""
    with replicating(services) as running:
        running.primary.ask("ALTER SYSTEM SET synchronous_standby_names = '*'")
        running.primary.ask("SELECT pg_reload_conf()")
        wait_for(lambda: running.primary.ask("SELECT sync_state FROM pg_stat_replication") == "sync", limit_s=30)
        yield running


@pytest.fixture
def house(
    pair: Pair, worker_number: int, services: Services, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """An installation that knows both servers and asks for the one that writes."""
    places = "&".join(f"host={LOOPBACK}:{port}" for port in (pair.primary.port, pair.replica.port))
    urls = {
        name: f"{make_url(url).set(host=None, port=None).render_as_string(hide_password=False)}?{places}&{WRITING}"
        for name, url in pair.urls.items()
        if name != "DATABASE_REPLICA_URLS"
    }
    redis_url = services.worker_redis_url(worker_number + 8)
    with house_on(urls, pair.superuser_url, redis_url, tmp_path_factory.mktemp("house")) as running:
        running.site.start_worker()
        yield running


def promote(pair: Pair) -> None:
    """Make the replica the primary, as whoever watches the pair does."""
    pair.replica.ask("ALTER SYSTEM SET synchronous_standby_names = ''")  # copied from the primary
    assert pair.replica.ask("SELECT pg_promote(true, 30)")


def test_the_app_writes_on_the_other_server_and_nothing_is_lost(house: House, pair: Pair) -> None:
    before = house.effects()
    with house.callers().calling() as callers:
        callers.wait_for_more(30)
        died = time.monotonic()
        pair.primary.kill()
        promote(pair)
        promoted = time.monotonic()
        wait_for(lambda: wrote_since(callers, died) is not None, limit_s=60, say=house.told)
        house.superuser_url = pair.superuser_url.replace(f":{pair.primary.port}/", f":{pair.replica.port}/")
        head = house.one(HEAD, house.ada.company_id)
        wait_for(lambda: house.one(HEAD, house.ada.company_id) > head, limit_s=60, say=house.told)
        numbered = time.monotonic()
        callers.wait_for_more(30)
    acknowledged = [one for one in callers.of("POST") if one.status == 201]
    again = callers.send_again()
    effects = house.effects()
    wanted = sum(before.values()) + len(callers.of("POST"))
    wait_for(lambda: house.one("SELECT count(*) FROM outbox") == 0, limit_s=60, say=house.told)
    first = wrote_since(callers, died)
    assert first is not None
    figures = Figures("fail over")
    figures.say("promoted after, s", round(promoted - died, 2))
    figures.say("first write after the primary died", round(first - died, 2), "<= 10 s")
    figures.say("facts numbered again after the primary died", round(numbered - died, 2), "<= 10 s")
    figures.say("GET failed", len(callers.failed("GET")))
    figures.say("keyed POST told to come again (503)", len(again))
    figures.say("slowest answer, s", round(callers.slowest_s(), 2))
    figures.say("writes acknowledged", len(acknowledged))
    figures.say("effects lost or doubled", abs(sum(effects.values()) - wanted), "0")
    assert {one.status for one in again} <= {201}, again
    assert sum(effects.values()) == wanted
    assert {one.status for one in callers.answers} <= {200, 201, 503}, callers.told()


def wrote_since(callers: Visitors, since: float) -> float | None:
    """Return when the first write that began after an instant was acknowledged."""
    found = [one.ended for one in callers.of("POST") if one.status == 201 and one.began > since]
    return min(found, default=None)
