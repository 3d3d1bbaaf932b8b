"""Ours and its peers behind one face: call, and whether it was let in. Each in its own thresholds, as close as it can."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

TEN = 10  # failures, or calls of which half failed: what each is told to open at


class Broken(Exception):
    """What the dead dependency raises."""


@dataclass
class Contestant:
    """One breaker.

    Attributes:
        call: Calls a function through it.
        refusal: What it raises instead of calling.
        is_open: Asks without calling: a call would be counted.
        is_shared: Its state is in Redis.
        note: What it can and cannot decide by.
    """

    name: str
    call: Callable[..., Any]
    refusal: type[Exception]
    is_open: Callable[[], bool]
    is_shared: bool = False
    note: str = ""


class Counters:
    """The least a breaker can be: two integers, no clock, no window, no thread's safety."""

    def __init__(self) -> None:
        self.failures = 0
        self.is_open = False

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        if self.is_open:
            raise RuntimeError("open")
        try:
            result = function(*args)
        except Exception:
            self.failures += 1
            self.is_open = self.failures >= TEN
            raise
        self.failures = 0
        return result


def counters(name: str, redis_url: str | None, wait_s: float) -> Contestant:
    one = Counters()
    return Contestant(
        "bare counters", one.call, RuntimeError, lambda: one.is_open, note="no window, no clock, no half-open"
    )


def ours(name: str, redis_url: str | None, wait_s: float) -> Contestant:
    from app.breakers.fleet.sync import join_fleet
    from app.breakers.registry import breaker
    from app.breakers.states import CallNotPermitted, State
    from tests.breakers.fleet.hand import settings_for

    if redis_url:
        join_fleet(settings_for(redis_url))
    one = breaker(name, minimum_number_of_calls=TEN, wait_duration_in_open_state_ms=round(wait_s * 1000))
    return Contestant(
        "Quarterdeck",
        one.call,
        CallNotPermitted,
        lambda: one.state is State.OPEN,
        bool(redis_url),
        "window of all processes, slow calls",
    )


def interlock(name: str, redis_url: str | None, wait_s: float) -> Contestant:
    import interlock
    from redis import Redis

    storage = None
    if redis_url:
        from interlock.integrations.redis import RedisStorage

        storage = RedisStorage(Redis.from_url(redis_url))
    config = interlock.Config(minimum_number_of_calls=TEN, wait_duration_in_open=wait_s, max_concurrent_probes=TEN)
    one = interlock.CircuitBreaker(name=name, config=config, storage=storage)
    return Contestant(
        "interlock-cb",
        one.call,
        interlock.CircuitOpenError,
        lambda: one.state is interlock.State.OPEN,
        bool(redis_url),
        "window per process, slow calls",
    )


def pybreaker(name: str, redis_url: str | None, wait_s: float) -> Contestant:
    import pybreaker
    from redis import Redis

    storage = None
    if redis_url:
        storage = pybreaker.CircuitRedisStorage(pybreaker.STATE_CLOSED, Redis.from_url(redis_url), namespace=name)
    one = pybreaker.CircuitBreaker(
        fail_max=TEN, reset_timeout=wait_s, state_storage=storage, throw_new_error_on_trip=False
    )
    return Contestant(
        "pybreaker",
        one.call,
        pybreaker.CircuitBreakerError,
        lambda: one.current_state == pybreaker.STATE_OPEN,
        bool(redis_url),
        "failures in a row",
    )


def circuitbreaker(name: str, redis_url: str | None, wait_s: float) -> Contestant:
    import circuitbreaker as module

    one = module.CircuitBreaker(failure_threshold=TEN, recovery_timeout=wait_s, name=name)
    # Its decorator is what looks at the state; `call` does not.
    return Contestant(
        "circuitbreaker",
        one(run),
        module.CircuitBreakerError,
        lambda: one.opened,
        note="failures in a row, each process alone",
    )


def purgatory(name: str, redis_url: str | None, wait_s: float) -> Contestant:
    from purgatory import SyncCircuitBreakerFactory
    from purgatory.domain.model import OpenedState

    factory = SyncCircuitBreakerFactory(default_threshold=TEN, default_ttl=wait_s)
    call = factory(name)(run)
    context = factory.get_breaker(name).context
    # Its synchronous Redis storage awaits nothing and so never works (3.0.1): each process alone.
    return Contestant(
        "purgatory", call, OpenedState, lambda: context.state == "opened", note="failures in a row, each process alone"
    )


def run(function: Callable[..., Any], *args: Any) -> Any:
    """Call what is given: those that only decorate decorate this."""
    return function(*args)


MAKERS = {maker.__name__: maker for maker in (ours, interlock, pybreaker, circuitbreaker, purgatory, counters)}
if __name__ == "__main__":
    sys.exit("Run bin/bench breakers.")
