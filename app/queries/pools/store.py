"""What processes say of their pools, in Valkey.

pools:now             hash  process → JSON: its kind, when it spoke, its binds' gauges
pools:waits:<minute>  hash  <bind>:<bucket> → connections taken; <bind>:timeouts; <bind>:us. Kept two hours

Adding up is HINCRBY, so nobody has to merge anything.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

from redis import Redis

from app.core.histogram import Histogram
from app.core.pool_figures import Gauges, Waits

NOW, WAITS = "pools:now", "pools:waits"
KEEP_S, FORGOTTEN_AFTER_S = 7200, 20.0
MINUTE_S = 60


@dataclass(frozen=True)
class Told:
    """What one process said last.

    Attributes:
        process: As `web:host:417`.
        binds: Bind → its gauges.
    """

    process: str
    kind: str
    at: float
    binds: dict[str, Gauges]


@dataclass(frozen=True)
class Minute:
    """How long taking a connection of one bind took, in one minute and in all processes.

    Attributes:
        at: When it began, in seconds since 1970.
        waits: In microseconds.
    """

    at: int
    waits: Histogram
    timeouts: int = 0
    total_us: int = 0


def write(client: Redis, told: Told, waits: Mapping[str, Waits]) -> None:
    """Say what a process's pools are, and add what it measured since the last time; one round trip.

    Raises:
        RedisError: Valkey does not answer; nothing was added.
    """
    pipe: Any = client.pipeline(transaction=True)  # Any: its types are missing
    binds = {bind: asdict(gauges) for bind, gauges in told.binds.items()}
    pipe.hset(NOW, told.process, json.dumps({"kind": told.kind, "at": told.at, "binds": binds}))
    pipe.expire(NOW, KEEP_S)
    key = f"{WAITS}:{int(told.at) // MINUTE_S}"
    for bind, one in waits.items():
        for bucket, count in one.buckets.items():
            pipe.hincrby(key, f"{bind}:{bucket}", count)
        for name, count in (("timeouts", one.timeouts), ("us", one.total_us)):
            if count:
                pipe.hincrby(key, f"{bind}:{name}", count)
    pipe.expire(key, KEEP_S)
    pipe.execute()


def read_told(client: Redis) -> list[Told]:
    """Return what the processes of the last 20 s said, by process.

    Raises:
        RedisError: Valkey does not answer.
    """
    found = cast("dict[bytes, bytes]", client.hgetall(NOW))
    told = [_told(label.decode(), json.loads(said)) for label, said in found.items()]
    return sorted((one for one in told if is_fresh(one.at)), key=lambda one: one.process)


def forget_silent(client: Redis) -> int:
    """Drop what processes said that are no more, and return how many.

    Raises:
        RedisError: Valkey does not answer.
    """
    found = cast("dict[bytes, bytes]", client.hgetall(NOW))
    gone = [label for label, said in found.items() if not is_fresh(json.loads(said)["at"])]
    if gone:
        client.hdel(NOW, *[label.decode() for label in gone])
    return len(gone)


def is_fresh(at: float) -> bool:
    """Say whether somebody who spoke then is still there."""
    return time.time() - at < FORGOTTEN_AFTER_S


def read_minutes(client: Redis, minutes: int) -> dict[str, list[Minute]]:
    """Return each bind's last minutes, oldest first; one in which nobody took a connection is empty.

    Raises:
        RedisError: Valkey does not answer.
    """
    newest = int(time.time()) // MINUTE_S
    wanted = range(newest - minutes + 1, newest + 1)
    pipe: Any = client.pipeline(transaction=False)  # Any: its types are missing
    for minute in wanted:
        pipe.hgetall(f"{WAITS}:{minute}")
    rows = [split(found) for found in pipe.execute()]
    binds = {bind for row in rows for bind in row}
    return {
        bind: [_minute(at * MINUTE_S, row.get(bind, {})) for at, row in zip(wanted, rows, strict=True)]
        for bind in sorted(binds)
    }


def split(found: Mapping[bytes, bytes]) -> dict[str, dict[str, int]]:
    """Return one minute's fields by bind."""
    by_bind: dict[str, dict[str, int]] = {}
    for field, count in found.items():
        bind, _, name = field.decode().rpartition(":")
        by_bind.setdefault(bind, {})[name] = int(count)
    return by_bind


def _minute(at: int, fields: dict[str, int]) -> Minute:
    timeouts, total_us = fields.pop("timeouts", 0), fields.pop("us", 0)
    return Minute(at, Histogram.read(fields), timeouts, total_us)


def _told(process: str, said: dict[str, Any]) -> Told:  # Any: JSON
    return Told(process, said["kind"], said["at"], {bind: Gauges(**one) for bind, one in said["binds"].items()})
