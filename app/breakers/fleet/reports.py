"""What each process says about its breakers, who calls through them, and the merged window: for people to read.

breaker:<name>:reports          hash  process → JSON; kept a minute
breaker:<name>:callers:<hour>   hash  caller → calls; kept two hours
"""

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from redis import Redis

from app.breakers.config import BreakerConfig, WindowType
from app.breakers.window import rate
from app.core import process

if TYPE_CHECKING:
    from app.breakers.breaker import Breaker

KEEP_S, FORGOTTEN_AFTER_S, QUIET_S = 60, 30.0, 10.0
HOUR_S = 3_600


@dataclass(frozen=True, slots=True)
class Report:
    """What one process said last about one breaker.

    Attributes:
        process: As `web:host:417`.
        state: As its calls meet it: `OPEN` with scope `local` is a process that rests alone.
        calls: In its own window; with `failures`, `slow`.
        failure_rate: Percent; −1 below the minimum. As `slow_rate`.
        seen_at: Seconds since 1970.
    """

    process: str
    state: str
    scope: str
    calls: int
    failures: int
    slow: int
    failure_rate: float
    slow_rate: float
    seen_at: float


@dataclass(frozen=True, slots=True)
class Merged:
    """The fleet's window: calls, failures, slow calls, and their rates in percent (−1 below the minimum)."""

    calls: int
    failures: int
    slow: int
    failure_rate: float
    slow_rate: float


class Reporter:
    """Which breakers of this process have something to say."""

    def __init__(self) -> None:
        self._said: dict[str, tuple[object, float]] = {}

    def add(self, pipe: Any, one: "Breaker") -> None:  # Any: redis-py's pipeline
        """Put the commands into a pipeline that tell of one breaker, when there is news or it was quiet for long."""
        calls, failures, slow = one.figures_now()
        news = (one.state, one.scope, calls, failures, slow)
        said, at = self._said.get(one.name, (None, 0.0))
        if news == said and time.monotonic() - at < QUIET_S:
            return
        self._said[one.name] = (news, time.monotonic())
        told = {
            "state": one.state.name,
            "scope": one.scope.value,
            "calls": calls,
            "failures": failures,
            "slow": slow,
            "failure_rate": rate(failures, calls, one.config.minimum),
            "slow_rate": rate(slow, calls, one.config.minimum),
            "seen_at": time.time(),
        }
        key = f"breaker:{one.name}:reports"
        pipe.hset(key, process.label(), json.dumps(told))
        pipe.expire(key, KEEP_S)


def add_callers(pipe: Any, name: str, callers: Counter[str]) -> None:  # Any: redis-py's pipeline
    """Put the commands into a pipeline that add who called."""
    key = _callers_key(name, int(time.time()) // HOUR_S)
    for caller, calls in callers.items():
        pipe.hincrby(key, caller, calls)
    pipe.expire(key, 2 * HOUR_S)


def read_reports(client: Redis, name: str) -> list[Report]:
    """Return what the processes of the last 30 s said, by process.

    Raises:
        RedisError: Valkey does not answer.
    """
    found: dict[bytes, bytes] = client.hgetall(f"breaker:{name}:reports")  # type: ignore[assignment]  # sync client
    reports = [Report(process=label.decode(), **json.loads(told)) for label, told in found.items()]
    alive = [one for one in reports if time.time() - one.seen_at < FORGOTTEN_AFTER_S]
    return sorted(alive, key=lambda one: one.process)


def read_callers(client: Redis, name: str) -> list[tuple[str, int]]:
    """Return who called in this hour and the last, most first. Exact for failures and refusals, sampled for successes.

    Raises:
        RedisError: Valkey does not answer.
    """
    hour = int(time.time()) // HOUR_S
    sums: Counter[str] = Counter()
    for at in (hour, hour - 1):
        found: dict[bytes, bytes] = client.hgetall(_callers_key(name, at))  # type: ignore[assignment]  # sync client
        sums.update({caller.decode(): int(calls) for caller, calls in found.items()})
    return sums.most_common()


def read_merged(client: Redis, name: str, config: BreakerConfig) -> Merged:
    """Return the fleet's window.

    Raises:
        RedisError: Valkey does not answer.
    """
    calls = failures = slow = 0
    if config.sliding_window_type is WindowType.COUNT_BASED:
        digits: bytes = client.get(f"breaker:{name}:window") or b""  # type: ignore[assignment]  # sync client
        digits = digits[-config.sliding_window_size :]
        both = digits.count(b"3")
        calls, failures, slow = len(digits), digits.count(b"1") + both, digits.count(b"2") + both
    else:
        oldest = int(time.time()) - config.sliding_window_size
        found: dict[bytes, bytes] = client.hgetall(f"breaker:{name}:seconds")  # type: ignore[assignment]  # sync client
        rows = [list(map(int, row.split(b","))) for at, row in found.items() if int(at) > oldest]
        calls, failures, slow = (sum(row[i] for row in rows) for i in range(3))
    minimum = config.minimum
    return Merged(calls, failures, slow, rate(failures, calls, minimum), rate(slow, calls, minimum))


def add_up(told: Sequence[Report], config: BreakerConfig) -> Merged:
    """Return the windows of all processes as one, for a breaker of which each process decides alone."""
    calls, failures, slow = (sum(getattr(one, what) for one in told) for what in ("calls", "failures", "slow"))
    return Merged(calls, failures, slow, rate(failures, calls, config.minimum), rate(slow, calls, config.minimum))


def _callers_key(name: str, hour: int) -> str:
    return f"breaker:{name}:callers:{hour}"
