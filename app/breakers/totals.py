"""Calls of all processes since Valkey began to count, for Prometheus: counters that only rise, or begin anew.

breakers:totals   hash   <breaker>/<what> → calls
"""

import os
import threading
from collections import Counter

from redis import Redis

from app.breakers.figures import Minute
from app.core.redis import RedisAway, request_redis

TOTALS = "breakers:totals"
KINDS = ("successful", "failed", "slow", "not_permitted")

_lock = threading.Lock()
_waiting: Counter[str] = Counter()


def keep(minute: Minute) -> None:
    """Take what one process counted in a minute."""
    counted = (minute.calls - minute.failures, minute.failures, minute.slow, minute.rejected)
    with _lock:
        for kind, number in zip(KINDS, counted, strict=True):
            _waiting[f"{minute.name}/{kind}"] += number


def send() -> None:
    """Add what waits to Valkey; when that is away it waits for the next time."""
    global _waiting
    with _lock:
        taken, _waiting = _waiting, Counter()
    counts = {field: number for field, number in taken.items() if number}
    if not counts:
        return
    try:
        request_redis().run(lambda client: _add(client, counts))
    except RedisAway:
        with _lock:
            _waiting.update(counts)


def _add(client: Redis, counts: dict[str, int]) -> None:
    pipe = client.pipeline(transaction=False)
    for field, number in counts.items():
        pipe.hincrby(TOTALS, field, number)
    pipe.execute()


def read() -> dict[tuple[str, str], int]:
    """Return (breaker, kind) → calls; empty when Valkey is away."""
    try:
        found = request_redis().run(lambda client: client.hgetall(TOTALS))
    except RedisAway:
        return {}
    rows = ((field.decode().rpartition("/"), int(number)) for field, number in found.items())  # type: ignore[union-attr]  # sync client
    return {(name, kind): number for (name, _, kind), number in rows}


def forget_parent() -> None:
    """In a forked child: the parent sends what it counted."""
    global _lock, _waiting
    _lock, _waiting = threading.Lock(), Counter()


os.register_at_fork(after_in_child=forget_parent)
