"""A redis-py client behind a breaker.

    cache = guard_redis(client, "cache")

A call is one command or one pipeline. Failures are connections that cannot be had or that do not answer in time;
an error that the server answers (a wrong type, a missing script) is a success: the server works. Slow is the round
trip with redis-py's own retries. Subscriptions are not guarded: they wait on purpose.
"""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from redis import Redis
from redis.client import Pipeline
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from app.breakers.registry import breaker

P = ParamSpec("P")
R = TypeVar("R")
AWAY = (RedisConnectionError, RedisTimeoutError)


def guard_redis(client: Redis, name: str) -> Redis:
    """Let a client's commands and pipelines go through a breaker; returns the client.

    They then raise CallNotPermitted while the breaker is open; nothing is sent.
    """
    make_pipeline = client.pipeline

    def pipeline(*args: Any, **options: Any) -> Pipeline:  # Any: as redis-py has them
        made = make_pipeline(*args, **options)
        made.execute = _guarded(name, made.execute)  # type: ignore[method-assign]
        made.immediate_execute_command = _guarded(name, made.immediate_execute_command)  # type: ignore[method-assign]
        return made

    client.execute_command = _guarded(name, client.execute_command)  # type: ignore[method-assign]
    client.pipeline = pipeline  # type: ignore[method-assign]
    return client


def _guarded(name: str, function: Callable[P, R]) -> Callable[P, R]:
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        one = breaker(name)
        permit = one.acquire()
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            if isinstance(error, RedisError) and not isinstance(error, AWAY):
                one.succeed(permit)
            else:
                one.fail(permit, error)
            raise
        one.succeed(permit)
        return result

    return call
