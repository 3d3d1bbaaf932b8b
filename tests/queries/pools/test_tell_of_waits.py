"""Platform admins hear of long waits and of replicas that are not asked, once in a while each."""

from typing import Any

import pytest
from flask import Flask

from app.core.ids import new_ulid
from app.core.pool_figures import Gauges, Waits
from app.core.redis import request_redis
from app.queries.pools.alerts import look_at_pools, troubles_of_replicas
from app.queries.pools.replicas import ReplicaView
from tests.queries.pools.saying import tell
from tests.world import Person

OPEN = Gauges(5, 5, 0, 0, 10)


@pytest.fixture
def bind() -> str:
    """A login nobody has been told of."""
    return f"bind-{new_ulid().lower()}"


def told(pat: Person, bind: str) -> list[str]:
    """What admins are told of a login: the news that were queued."""
    jobs = pat.world.sql.execute("SELECT title FROM jobs WHERE name = 'notifications.send' ORDER BY id").fetchall()
    return [one["title"].removeprefix("Tell: ").replace(bind, "app") for one in jobs if bind in one["title"]]


def waited(seconds: float, times: int, **options: Any) -> Waits:
    """So many took so long to get a connection."""
    waits = Waits()
    for _ in range(times):
        waits.note(seconds, **options)
    return waits


def test_who_got_no_connection_is_told_once(app: Flask, pat: Person, bind: str) -> None:
    tell(app, "web:a:1", bind, OPEN, waited(2.0, 3, is_timeout=True))
    with app.app_context():
        assert look_at_pools() == 1
        assert look_at_pools() == 0
    assert told(pat, bind) == ["3 times in five minutes nobody got a database connection (app)."]


def test_long_waits_are_told(app: Flask, pat: Person, bind: str) -> None:
    tell(app, "web:a:1", bind, OPEN, waited(0.4, 40))
    with app.app_context():
        assert look_at_pools() == 1
    (one,) = told(pat, bind)
    assert one.startswith("Taking a database connection is slow (app): 5 of 100 wait ")


def test_short_or_few_waits_are_not(app: Flask, pat: Person, bind: str) -> None:
    tell(app, "web:a:1", bind, OPEN, waited(0.01, 500))
    tell(app, "web:a:2", f"{bind}-2", OPEN, waited(0.4, 3))
    with app.app_context():
        assert look_at_pools() == 0
    assert told(pat, bind) == []


def test_a_replica_is_told_of_at_the_second_look(app: Flask) -> None:
    out = ReplicaView("replica-test:5432", "It does not answer.", None, None, 0)
    back = ReplicaView("replica-test:5432", "", 0.0, 0, 0)
    with app.app_context():
        client = request_redis().client
        assert list(troubles_of_replicas(client, [out])) == []
        (one,) = troubles_of_replicas(client, [out])
        assert one.sentence == "The replica replica-test:5432 is not read from. It does not answer."
        assert list(troubles_of_replicas(client, [back])) == []
        assert list(troubles_of_replicas(client, [out])) == []
        assert list(troubles_of_replicas(client, [back])) == []
