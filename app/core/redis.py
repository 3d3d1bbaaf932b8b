"""The one factory of Redis clients, each with a time budget. No other constructor in the tree.

redis-py retries ten times when built from host and port: a hung server then costs a request 59 s. Here a
request waits `REDIS_BUDGET_MS` once; after a failure nobody asks again for a second, and after several the
breaker `redis` lets one process's request ask at a time.
"""

import os
import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Flask, current_app
from redis import Redis
from redis.backoff import NoBackoff
from redis.connection import AbstractConnection, BlockingConnectionPool
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.retry import Retry

from app.core import guards
from app.core.errors import Problem
from config import Settings

T = TypeVar("T")
REST_AFTER_FAILURE_S = 1.0
MOST_CONNECTIONS = 64
MOST_AT_HAND = 8  # of them
EXTENSION = "quarterdeck-redis"


class RedisAway(Exception):
    """Redis did not answer within its budget. Callers go on without it."""


def connect(settings: Settings, *, timeout_s: float) -> Redis:
    """Return a client whose every command ends within `timeout_s` seconds, without retries.

    Whoever finds all its connections busy waits as long for one. redis-py's usual pool raises instead once 100 ask at
    once, which would look as if the server were away.
    """
    pool = Pool.from_url(
        settings.redis_url.get_secret_value(),
        max_connections=MOST_CONNECTIONS,
        timeout=timeout_s,
        socket_timeout=timeout_s,
        socket_connect_timeout=min(timeout_s, 1.0),
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
        decode_responses=False,
    )
    return Redis.from_pool(pool)


def array(count: int) -> bytes:
    """Return how a packed command begins that has so many parts."""
    return b"*%d\r\n" % count


def bulk(part: bytes) -> bytes:
    """Return one part of a packed command."""
    return b"$%d\r\n%b\r\n" % (len(part), part)


def pack(*parts: bytes) -> bytes:
    """Return a command as it is sent."""
    return array(len(parts)) + b"".join(map(bulk, parts))


class Pool(BlockingConnectionPool):
    """redis-py's pool, with a few connections at hand for `send`.

    Attributes:
        at_hand: Connections nobody uses that the pool takes for taken. Empty again in a child process.
    """

    at_hand: list[AbstractConnection]

    def reset(self) -> None:
        """Forget all connections, as at the start and after a fork."""
        self.at_hand = []
        super().reset()  # type: ignore[no-untyped-call]

    def take(self) -> AbstractConnection | None:
        """Return a connection that is at hand; None when there is none."""
        if self.pid != os.getpid():
            return None  # getting one forgets those of the parent
        try:
            return self.at_hand.pop()
        except IndexError:
            return None

    def give(self, connection: AbstractConnection) -> None:
        """Keep a connection at hand, or give it back to the pool."""
        if len(self.at_hand) < MOST_AT_HAND and self.pid == os.getpid() and not connection.should_reconnect():  # type: ignore[no-untyped-call]
            self.at_hand.append(connection)
        else:
            self.release(connection)  # type: ignore[no-untyped-call]


def send(client: Redis, command: bytes) -> Any:  # Any: whatever Redis answers
    """Send a packed command by one of the client's connections and return the answer.

    For what every request asks: two thirds of the time of `client.execute_command` go into retries, caches, telemetry
    and looks whether the server has hung up. Here a connection at hand that turns out to be closed is opened again and
    the command is sent once more, so it must be one that may be done twice when its answer was lost. A connection that
    fails is closed before it goes back, as there.
    """
    pool = cast("Pool", client.connection_pool)
    connection = pool.take()
    if connection is not None:
        try:
            return ask(pool, connection, command)
        except RedisConnectionError:
            pass  # the server has hung up since, or was started anew
    return ask(pool, pool.get_connection(), command)  # type: ignore[no-untyped-call]


def ask(pool: Pool, connection: AbstractConnection, command: bytes) -> Any:  # Any: as above
    """Send a packed command by a connection of a pool and return the answer."""
    try:
        connection.send_packed_command((command,), check_health=False)  # type: ignore[no-untyped-call]
        answer = connection.read_response()
    except BaseException:
        pool.release(connection)  # type: ignore[no-untyped-call]
        raise
    pool.give(connection)
    return answer


class RequestRedis:
    """Redis as a request may use it: a budget, and a rest after a failure.

    Attributes:
        commands: Round trips made by this process, for the tests that count them.
    """

    def __init__(self, client: Redis) -> None:
        self.client = client
        self.commands = 0
        self._away_until = 0.0

    @property
    def resting(self) -> bool:
        """True within a second after a failure."""
        return time.monotonic() < self._away_until

    def run(self, work: Callable[[Redis], T]) -> T:
        """Run one round trip.

        Raises:
            RedisAway: It failed, or failed less than a second ago, or its breaker is open.
        """
        if self.resting:
            raise RedisAway("resting after a failure")
        try:
            return guards.call("redis", self._ask, work)
        except (RedisError, OSError) as error:
            self._away_until = time.monotonic() + REST_AFTER_FAILURE_S
            raise RedisAway(str(error)) from error
        except Problem as refusal:
            raise RedisAway(refusal.sentence) from refusal

    def _ask(self, work: Callable[[Redis], T]) -> T:
        self.commands += 1
        return work(self.client)


def init_redis(app: Flask, settings: Settings) -> None:
    """Give the app its request client."""
    app.extensions[EXTENSION] = RequestRedis(connect(settings, timeout_s=settings.redis_budget_ms / 1000))


def request_redis() -> RequestRedis:
    """Return the app's request client."""
    client: RequestRedis = current_app.extensions[EXTENSION]
    return client
