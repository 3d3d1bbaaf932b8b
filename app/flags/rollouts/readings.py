"""Reads what guards look at: outcomes by arm from Valkey, breakers' states, the age of queues."""

from collections.abc import Iterable

import sqlalchemy as sa
from redis.exceptions import RedisError

from app.breakers.arm_counts import read_guard
from app.breakers.registry import breaker
from app.breakers.states import State
from app.core import arms, clock
from app.core.db import db
from app.core.jobs import Job, JobState, job_outbox
from app.core.redis import RedisAway, request_redis
from app.core.tenancy import platform_reads
from app.flags.rollouts.plan import Guard
from app.flags.rollouts.verdict import Reading, Side

Counts = dict[str, dict[str, tuple[int, int, int]]]
UNKNOWN = Reading(is_known=False)
OPEN = {State.OPEN, State.HALF_OPEN, State.FORCED_OPEN}


def read_guards(flag: str, guards: Iterable[Guard], armed_s: float) -> list[Reading]:
    """Return a reading for each guard, in order.

    Args:
        flag: Whose arms.
        guards: What to read.
        armed_s: Seconds since the plan was armed: what happened before is not its doing.
    """
    by_window: dict[int, Counts | None] = {}
    return [_read(flag, guard, max(min(guard.window_s, int(armed_s) + 1), 1), by_window) for guard in guards]


def _read(flag: str, guard: Guard, window_s: int, by_window: dict[int, Counts | None]) -> Reading:
    if guard.kind == "queue-age":
        return Reading(value=oldest_waiting_s(guard.name))
    if window_s not in by_window:
        by_window[window_s] = _counts(flag, window_s)
    counts = by_window[window_s]
    if counts is None:
        return UNKNOWN
    if guard.kind == "conversion":
        return Reading(_converted(counts, guard, arms.TREATMENT), _converted(counts, guard, arms.CONTROL))
    sides = counts.get(guard.source, {})
    return Reading(
        treatment=_side(sides.get(arms.TREATMENT), guard),
        control=_side(sides.get(arms.CONTROL), guard),
        is_open=guard.kind == "breaker" and breaker(guard.name).state in OPEN,
    )


def _counts(flag: str, window_s: int) -> Counts | None:
    try:
        return request_redis().run(lambda client: read_guard(client, flag, window_s))
    except (RedisAway, RedisError):
        return None


def _side(row: tuple[int, int, int] | None, guard: Guard) -> Side:
    if row is None:
        return Side()
    calls, failures, slow = row
    return Side(calls, slow if guard.metric == "slow" else failures)


def _converted(counts: Counts, guard: Guard, arm: str) -> Side:
    """Tracked events of the requests that were given this arm."""
    requests = counts.get("requests", {}).get(arm, (0, 0, 0))[0]
    return Side(requests, min(counts.get(guard.source, {}).get(arm, (0, 0, 0))[0], requests))


def oldest_waiting_s(queue: str) -> float:
    """Return how long the oldest job of a queue has waited, over all companies; 0 when none waits."""
    with platform_reads():
        since = db.session.execute(
            sa.select(sa.func.min(Job.created_at))
            .join(job_outbox, (job_outbox.c.company_id == Job.company_id) & (job_outbox.c.job_id == Job.id))
            .where(job_outbox.c.queue == queue, Job.state == JobState.QUEUED)
        ).scalar()
    return 0.0 if since is None else max((clock.now() - since).total_seconds(), 0.0)
