"""What people are told of pools and replicas: somebody waits long for a connection, or a copy is not asked."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import current_app
from redis import Redis

from app.core.context import SYSTEM_ACTOR, acting_as
from app.core.db import transaction
from app.core.installation import installation
from app.core.present import plural
from app.core.redis import connect
from app.queries.pools import store
from app.queries.pools.looks import LONG_WAIT_MS, ms
from app.queries.pools.reads import BindView, list_binds
from app.queries.pools.replicas import ReplicaView, read_replicas
from app.queues.news import tell_admins
from config import Settings

EVERY_S, BUDGET_S = 30.0, 1.0
WINDOW_MINUTES = 5
QUIET_S = 6 * 3600  # nobody hears of the same again so soon
TWICE_S = 120  # a replica is told of when it is out at two looks in a row


@dataclass(frozen=True)
class Trouble:
    """Something to tell, once in a while for each key."""

    key: str
    sentence: str


def look_at_pools() -> int:
    """Tell platform admins what is wrong and was not told lately; forget processes that ended. Return how much.

    Raises:
        RedisError: Valkey does not answer: nothing is known of the pools, and who was told is not either.
    """
    settings: Settings = current_app.config["SETTINGS"]
    client = connect(settings, timeout_s=BUDGET_S)
    try:
        store.forget_silent(client)
        binds = list_binds(store.read_told(client), store.read_minutes(client, WINDOW_MINUTES))
        found = [*troubles_of_pools(binds), *troubles_of_replicas(client, read_replicas().items)]
        news = [one for one in found if client.set(f"pools:told:{one.key}", 1, ex=QUIET_S, nx=True)]
    finally:
        client.close()
    if news:
        with installation(), acting_as(SYSTEM_ACTOR), transaction():
            for one in news:
                tell_admins("database-trouble", one.sentence, link="/pools", key=f"pools {one.key}")
    return len(news)


def troubles_of_pools(binds: list[BindView]) -> Iterator[Trouble]:
    """Yield the pools in which somebody got no connection, or waited long for one, in the last five minutes."""
    for one in binds:
        if one.timeouts:
            times = plural(one.timeouts, "time")
            yield Trouble(f"none:{one.bind}", f"{times} in five minutes nobody got a database connection ({one.bind}).")
        elif one.is_telling and (one.waits.p95 or 0.0) >= LONG_WAIT_MS:
            sentence = (
                f"Taking a database connection is slow ({one.bind}): 5 of 100 wait {ms(one.waits.p95)} or longer."
            )
            yield Trouble(f"slow:{one.bind}", sentence)


def troubles_of_replicas(client: Redis, replicas: list[ReplicaView]) -> Iterator[Trouble]:
    """Yield the copies that were out of rotation at the look before, too."""
    for one in replicas:
        key = f"pools:out:{one.name}"
        if one.is_asked:
            client.delete(key, f"pools:told:replica:{one.name}")
        elif not client.set(key, 1, ex=TWICE_S, nx=True):
            client.expire(key, TWICE_S)
            yield Trouble(f"replica:{one.name}", f"The replica {one.name} is not read from. {one.reason}")
