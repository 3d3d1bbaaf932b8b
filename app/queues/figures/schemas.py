"""Figures of the queues as JSON."""

from typing import Literal

from pydantic import Field

from app.core.shapes import Answer, Instant, Shape

Window = Literal["1h", "24h", "7d", "30d"]


class AskStats(Shape):
    """Over which window."""

    window: Window = "1h"


class AskWaiting(Shape):
    """Over which window, at how many points; one a minute, at most 180, when left out."""

    window: Literal["1h", "3h", "24h"] = "3h"
    points: int | None = Field(None, ge=2, le=1440)


class ObjectiveOut(Answer):
    """How a queue kept its target over a window.

    `share` of the attempts began within it; `burn` is how many times faster than allowed they did not, 1 uses up the
    allowance exactly. What waits too long at this moment counts as late. Null when nothing ran.
    """

    window: str
    share: float | None
    burn: float | None
    ended: int
    late: int


class QueueStatsOut(Answer):
    """One queue.

    `state` is behind, held, on_time or idle, and unknown when nobody has looked for half a minute. `isBounded` says
    that at least so many wait; `heldWaiting` are due as well but held by name or company while others flow, and not part
    of `waiting`. Rates are over five minutes; percentiles (milliseconds) and failures over the last hour.
    `drainMin` is null when it is never through at this pace.
    """

    name: str
    state: str
    waiting: int
    is_bounded: bool
    held_waiting: int
    oldest_s: float | None
    overdue: int
    target_s: int
    in_per_min: float
    out_per_min: float
    drain_min: float | None
    running: int
    slots: int
    workers: int | None
    wait_p50_ms: float | None
    wait_p95_ms: float | None
    wait_p99_ms: float | None
    run_p50_ms: float | None
    run_p95_ms: float | None
    run_p99_ms: float | None
    failed_last_hour: int
    held_by: str | None
    objective: float
    is_burning: bool
    kept: list[ObjectiveOut]


class TypeStatsOut(Answer):
    """The jobs of one name over the window; times in milliseconds, `share` of all worker time."""

    name: str
    queue: str
    queued: int
    done: int
    failed: int
    retried: int
    cancelled: int
    lost: int
    wait_p50_ms: float | None
    wait_p95_ms: float | None
    wait_p99_ms: float | None
    run_p50_ms: float | None
    run_p95_ms: float | None
    run_p99_ms: float | None
    ran_s: float
    share: float


class CompanyStatsOut(Answer):
    """One company's jobs over the window; `share` of all companies' worker time, null inside a company."""

    slug: str
    name: str
    waiting: int
    oldest_s: float | None
    running: int
    queued: int
    done: int
    failed: int
    ran_s: float
    share: float | None
    kept: float | None


class FailureStatsOut(Answer):
    """Failed jobs with one signature; `count` in the window, `total` since the first."""

    signature: str
    name: str
    queue: str
    error_type: str
    error: str
    count: int
    total: int
    first_seen: Instant
    last_seen: Instant
    first_release: str
    last_release: str
    last_job_id: str
    companies: int
    muted_until: Instant | None


class StatsOut(Answer):
    """All queues, worst first, with what ran in them over the window. Waiting and running are as of `sampledAt`."""

    verdict: str
    sampled_at: Instant | None
    window: str
    waiting: int
    running: int
    in_per_min: float
    out_per_min: float
    failed_last_hour: int
    queues: list[QueueStatsOut]
    types: list[TypeStatsOut]
    companies: list[CompanyStatsOut]
    failures: list[FailureStatsOut]


class OwnStatsOut(Answer):
    """The own company's jobs over the window."""

    window: str
    company: CompanyStatsOut
    types: list[TypeStatsOut]
    failures: list[FailureStatsOut]


class WaitingOut(Answer):
    """Jobs waiting by queue, oldest first, `everyS` apart, up to `until`. In `unseen` minutes nobody looked."""

    window: str
    until: Instant
    every_s: float
    queues: dict[str, list[float]]
    unseen: list[Instant]


class QueueHealthOut(Answer):
    """One queue in a word."""

    name: str
    state: str
    waiting: int
    oldest_s: float | None
    target_s: int
    workers: int | None


class QueuesHealthOut(Answer):
    """Whether jobs run: `ok`, `degraded` (a queue misses its target, or has no worker) or `down` (nothing moves).

    `workers` is how many take from the queue that has the most; null while nobody asked them.
    """

    status: str
    problems: list[str]
    sampled_at: Instant | None
    is_broker_up: bool
    workers: int | None
    queues: list[QueueHealthOut]
