"""The one factory of Redis clients, each with a time budget. No other constructor in the tree.

redis-py retries ten times when built from host and port: a hung server then costs a request 59 s. Here a
request waits `REDIS_BUDGET_MS` once; after a failure nobody asks again for a second, and after several the
breaker `redis` lets one process's request ask at a time.
"""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app
from redis import Redis
from redis.backoff import NoBackoff
from redis.connection import BlockingConnectionPool
from redis.exceptions import RedisError
from redis.retry import Retry

from app.core import guards
from app.core.errors import Problem
from config import Settings

T = TypeVar("T")
REST_AFTER_FAILURE_S = 1.0
MOST_CONNECTIONS = 64
EXTENSION = "quarterdeck-redis"


class RedisAway(Exception):
    """Redis did not answer within its budget. Callers go on without it."""


def connect(settings: Settings, *, timeout_s: float) -> Redis:
    """Return a client whose every command ends within `timeout_s` seconds, without retries.

    Whoever finds all its connections busy waits as long for one. redis-py's usual pool raises instead once 100 ask at
    once, which would look as if the server were away.
    """
    pool = BlockingConnectionPool.from_url(
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


def send(client: Redis, command: bytes) -> Any:  # Any: whatever Redis answers
    """Send a packed command by one of the client's connections and return the answer.

    For what every request asks: half of the time of `client.execute_command` goes into retries, caches and
    telemetry that no client of ours has. A connection that fails is closed before it goes back, as there.
    """
    pool = client.connection_pool
    connection = pool.get_connection()
    try:
        connection.send_packed_command([command], check_health=False)  # type: ignore[no-untyped-call]
        return connection.read_response()
    finally:
        pool.release(connection)


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
