"""The fleet's states as Valkey keeps them: the scripts' arguments, and their answers read."""

import hashlib
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from redis import Redis
from redis.exceptions import NoScriptError

from app.breakers.config import BreakerConfig, WindowType
from app.breakers.fleet import scripts
from app.breakers.link import Batch, FleetState
from app.breakers.states import Reason, Scope, State, Transition
from app.core import process

STATES, CHANNEL = "breakers", "breakers"
# Spreads waits, guards nothing. Its own, so that a thread of ours never moves what others have seeded.
_chances = random.Random()  # noqa: S311
SHARE_SPAN_MS = 30_000


@dataclass(frozen=True, slots=True)
class Script:
    """A script and the name Valkey knows it by."""

    text: str
    sha: str


def _script(text: str) -> Script:
    return Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


FLUSH, LEASE, SETTLE, MOVE = (_script(text) for text in (scripts.FLUSH, scripts.LEASE, scripts.SETTLE, scripts.MOVE))
Arguments = tuple[str | int | float, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a script says.

    Attributes:
        transition: The change this very call caused, if it did.
        extra: The script's own flag, such as that a permit was granted.
    """

    fleet: FleetState
    transition: Transition | None
    extra: int


def run(client: Redis, script: Script, arguments: Arguments) -> Answer:
    """Run one script in one round trip.

    Raises:
        RedisError: Valkey does not answer.
    """
    try:
        found = client.evalsha(script.sha, 1, STATES, *arguments)
    except NoScriptError:  # a new or flushed Valkey
        found = client.eval(script.text, 1, STATES, *arguments)
    return read_answer(str(arguments[0]), found)


@lru_cache(maxsize=512)
def config_argument(config: BreakerConfig) -> str:
    """Return a configuration as the scripts read it."""
    counts = config.sliding_window_type is WindowType.COUNT_BASED
    return json.dumps(
        {
            "counts": counts,
            "size": config.sliding_window_size,
            "minimum": config.minimum,
            "failures": config.failure_rate_threshold,
            "slow": config.slow_call_rate_threshold,
            "wait": config.wait_duration_in_open_state_ms,
            "multiplier": config.exponential_multiplier,
            "jitter": config.randomized_wait_factor,
            "longest": config.longest_wait_ms,
            "permitted": config.permitted_number_of_calls_in_half_open_state,
            "probes": config.probes_needed,
            "half_open": config.max_wait_duration_in_half_open_state_ms,
            "after": int(config.transition_to_state_after_wait_duration),
            "share": config.minimum_share_of_processes,
            "span": SHARE_SPAN_MS if counts else max(SHARE_SPAN_MS, config.sliding_window_size * 1000),
        }
    )


def arguments(name: str, config: BreakerConfig, *own: str | float) -> Arguments:
    """Return the arguments all scripts begin with, and a script's own."""
    chance = _chances.random()
    return (name, config_argument(config), CHANNEL, chance, process.label(), *own)


def flush_arguments(name: str, config: BreakerConfig, batch: Batch) -> Arguments:
    """Return the arguments of FLUSH."""
    away_ms, deciding = round(batch.retry_after_s * 1000), int(batch.is_deciding)
    return arguments(name, config, batch.generation, batch.letters, *batch.counts, away_ms, deciding)


def read_answer(name: str, found: Any) -> Answer:  # Any: what redis-py makes of a script's answer
    """Read what a script says."""
    kept, now, before, extra = found
    fleet = read_state(kept, int(now))
    transition = None
    if int(before) >= 0:
        transition = Transition(
            name,
            State(int(before)),
            fleet.state,
            fleet.generation,
            int(now) / 1000,
            Reason(fleet.reason),
            fleet.calls,
            fleet.failures,
            fleet.slow,
            process.label(),
            Scope.FLEET,
        )
    return Answer(fleet, transition, int(extra))


def read_state(kept: bytes | None, now_ms: int) -> FleetState:
    """Read one field of the states; None is a breaker that never opened."""
    if kept is None:
        return FleetState()
    said = json.loads(kept)
    ends = said["ends"]
    return FleetState(
        state=State(said["state"]),
        generation=int(said["generation"]),
        wait_s=max(0.0, (ends - now_ms) / 1000) if ends else None,
        attempts=int(said["attempts"]),
        reason=said.get("reason", ""),
        calls=said.get("calls", 0),
        failures=said.get("failures", 0),
        slow=said.get("slow", 0),
        since=said["since"] / 1000,
    )


def read_states(client: Redis, names: Sequence[str]) -> dict[str, FleetState]:
    """Return what the fleet agreed upon about some breakers, in one round trip.

    Raises:
        RedisError: Valkey does not answer.
    """
    if not names:
        return {}
    pipe = client.pipeline(transaction=False)
    pipe.time()
    pipe.hmget(STATES, list(names))
    (seconds, micros), kept = pipe.execute()
    now_ms = seconds * 1000 + micros // 1000
    return {name: read_state(one, now_ms) for name, one in zip(names, kept, strict=True)}
