"""A pool says what it does: who waits, how long it took, what is idle; and lets go of what nobody needs."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.core.histogram import Histogram
from app.core.pool import USED_AT, GuardedPool
from tests.site import wait_for

MakePool = Callable[..., GuardedPool]


@pytest.fixture
def make_pool(superuser_url: str) -> Iterator[MakePool]:
    """A pool on the run's PostgreSQL."""
    engines = []

    def run(**options: Any) -> GuardedPool:
        url = superuser_url.replace("postgresql://", "postgresql+psycopg://")
        given = {"pool_size": 3, "max_overflow": 0, "pool_timeout": 0.2, "pool_use_lifo": True, **options}
        engine = sa.create_engine(url, poolclass=GuardedPool, **given)
        engines.append(engine)
        pool = engine.pool
        assert isinstance(pool, GuardedPool)
        return pool

    yield run
    for engine in engines:
        engine.dispose()


def test_its_gauges_tell_what_is_open_in_use_and_idle(make_pool: MakePool) -> None:
    pool = make_pool()
    first, second = pool.connect(), pool.connect()
    second.close()
    now = pool.gauges()
    assert (now.total, now.in_use, now.idle, now.waiting, now.max) == (2, 1, 1, 0, 3)
    first.close()


def test_every_connection_taken_is_timed(make_pool: MakePool) -> None:
    pool = make_pool()
    for _ in range(20):
        pool.connect().close()
    taken = pool.figures.take()
    assert sum(taken.buckets.values()) == 20
    assert taken.timeouts == 0
    assert pool.figures.take().buckets == {}


def test_who_waits_is_counted_while_they_wait(make_pool: MakePool) -> None:
    pool = make_pool(pool_size=1, pool_timeout=30)
    held = pool.connect()
    got: list[object] = []
    waiters = [threading.Thread(target=lambda: got.append(pool.connect().close())) for _ in range(2)]
    for one in waiters:
        one.start()
    wait_for(lambda: pool.gauges().waiting == 2)
    held.close()
    for one in waiters:
        one.join(30)
    assert len(got) == 2
    assert pool.gauges().waiting == 0


def test_giving_up_is_a_wait_and_a_timeout(make_pool: MakePool) -> None:
    pool = make_pool(pool_size=1)
    held = pool.connect()
    with pytest.raises(PoolTimeout):
        pool.connect()
    held.close()
    taken = pool.figures.take()
    assert taken.timeouts == 1
    longest = Histogram.read({str(bucket): count for bucket, count in taken.buckets.items()}).quantile(1.0)
    assert longest is not None
    assert longest > 190_000  # microseconds; it waited 0.2 s


def test_what_exceeded_two_is_kept_for_the_next_rush(make_pool: MakePool) -> None:
    pool = make_pool()
    pids = {backend(one) for one in rush(pool, 3)}
    assert {backend(one) for one in rush(pool, 3)} == pids


def test_idle_connections_are_closed_down_to_the_least(make_pool: MakePool) -> None:
    pool = make_pool(keep=1, idle_s=60)
    rush(pool, 3)
    assert pool.close_idle() == 0  # used a moment ago
    age(pool, 61)
    assert pool.close_idle() == 2
    assert pool.gauges().total == 1
    assert len(rush(pool, 3)) == 3  # their places are still there
    assert pool.gauges().total == 3


def test_a_connection_in_use_is_never_closed(make_pool: MakePool) -> None:
    pool = make_pool(keep=0, idle_s=0.0)
    held = pool.connect()
    assert pool.close_idle() == 0
    assert pool.gauges().in_use == 1
    held.close()


def test_a_pool_made_anew_goes_on_counting(make_pool: MakePool) -> None:
    pool = make_pool(keep=2, idle_s=7)
    pool.connect().close()
    again = pool.recreate()
    assert again.figures is pool.figures
    assert (again.keep, again.idle_s) == (2, 7)


def rush(pool: GuardedPool, wanted: int) -> list[Any]:
    """Take so many at once and give them back."""
    taken = [pool.connect() for _ in range(wanted)]
    entries = [one._connection_record for one in taken]  # type: ignore[attr-defined]
    for one in taken:
        one.close()
    return entries


def backend(entry: Any) -> int:
    """The server's process behind an entry."""
    return int(entry.dbapi_connection.info.backend_pid)


def age(pool: GuardedPool, seconds: float) -> None:
    """Let the idle ones be so old."""
    for entry in pool._queue().queue:
        entry.info[USED_AT] -= seconds
