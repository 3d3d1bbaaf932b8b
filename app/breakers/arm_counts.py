"""Outcomes put down to the variants they were made under, for guarded rollouts. Any outcome, not only a breaker's.

Counted in memory, added to Valkey by the fleet's thread every 200 ms, one hash a flag and second, kept two hours.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from app.breakers.classify import FAILURE, IGNORED, SLOW
from app.core import arms

KEEP_S, MOST_KEPT = 7_200, 20_000
FIELDS = ("calls", "failures", "slow")
Key = tuple[str, str, str]  # flag, metric, arm

_lock = threading.Lock()
_kept: dict[Key, list[int]] = {}


def count_arms(metric: str, outcome: int) -> None:
    """Count an outcome for every guarded variant of this context."""
    given = arms.current()
    if given and outcome != IGNORED:
        count_outcome(metric, given, failed=bool(outcome & FAILURE), slow=bool(outcome & SLOW))


def count_outcome(metric: str, given: Mapping[str, str], *, failed: bool, slow: bool) -> None:
    """Count one outcome of anything for each (flag, arm) it was made under.

    Args:
        metric: What is watched: `breaker/<name>`, `requests` … without a space.
        given: Flag → arm, as `arms.current()` returns it.
    """
    with _lock:
        for flag, arm in given.items():
            row = _kept.get((flag, metric, arm))
            if row is None:
                if len(_kept) >= MOST_KEPT:  # Valkey has been away for long; the guards read nothing anyway
                    return
                row = _kept[flag, metric, arm] = [0, 0, 0]
            row[0] += 1
            row[1] += failed
            row[2] += slow
    from app.breakers.registry import link

    link().ensure_started()


def drain() -> dict[Key, list[int]]:
    """Return and forget what was counted."""
    global _kept
    with _lock:
        found, _kept = _kept, {}
    return found


def put_back(counts: dict[Key, list[int]]) -> None:
    """Keep what could not be added."""
    with _lock:
        for key, row in counts.items():
            kept = _kept.setdefault(key, [0, 0, 0])
            kept[:] = [old + new for old, new in zip(kept, row, strict=True)]


def add(pipe: Any, counts: dict[Key, list[int]]) -> None:  # Any: redis-py's pipeline, whose types are of its client
    """Put the commands into a pipeline that add counts to this second."""
    second = int(time.time())
    touched = set()
    for (flag, metric, arm), row in counts.items():
        key = _key(flag, second)
        touched.add(key)
        for field, number in zip(FIELDS, row, strict=True):
            if number:
                pipe.hincrby(key, f"{metric}/{arm}/{field}", number)
    for key in touched:
        pipe.expire(key, KEEP_S)


def read_guard(client: Any, flag: str, seconds: int) -> dict[str, dict[str, tuple[int, int, int]]]:  # Any: as above
    """Return metric → arm → (calls, failures, slow) of the last `seconds` seconds, this one included.

    Raises:
        RedisError: Valkey does not answer.
    """
    now = int(time.time())
    pipe = client.pipeline(transaction=False)
    for second in range(now - min(seconds, KEEP_S) + 1, now + 1):
        pipe.hgetall(_key(flag, second))
    sums: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0, 0]))
    for found in pipe.execute():
        for field, number in found.items():
            metric, arm, what = field.decode().rsplit("/", 2)
            sums[metric][arm][FIELDS.index(what)] += int(number)
    return {metric: {arm: (row[0], row[1], row[2]) for arm, row in by_arm.items()} for metric, by_arm in sums.items()}


def forget_parent() -> None:
    """In a forked child: the parent adds what it counted."""
    global _lock, _kept
    _lock, _kept = threading.Lock(), {}


def _key(flag: str, second: int) -> str:
    return f"guard:{flag}:{second}"
