"""Every queue at a glance, worst first: what waits, how fast it moves, whether it keeps its target."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core import clock
from app.core.broker import QUEUES
from app.core.db import db
from app.core.jobs.holds import Hold
from app.core.jobs.limits import settings_of
from app.core.tenancy import platform_reads
from app.queues.figures.fold import MINUTE, minute_of
from app.queues.figures.held import HeldPart, Standing, standings
from app.queues.figures.models import QueueSample
from app.queues.figures.samples import COUNT_BOUND, age_s, newest_samples
from app.queues.figures.sums import WINDOWS, Sum, add_up, span_of
from app.queues.workers.model import WorkerState
from app.queues.workers.watch import try_snapshot

RATE, RUNS = timedelta(minutes=5), timedelta(hours=1)
SPARK_POINTS = 36
# Samples are taken every five seconds: what is older than this says nothing of now.
UNKNOWN_AFTER = timedelta(seconds=30)
RANKS = {"behind": 0, "held": 1, "unknown": 2, "on_time": 3, "idle": 4}


@dataclass(frozen=True)
class QueueFigures:
    """One queue.

    Attributes:
        waiting: Due and not begun; `is_bounded` when there are at least so many.
        oldest_s: How long the one that waits longest does; None when none waits.
        in_per_min: Jobs asked for a minute, `out_per_min` attempts ended, both over five minutes.
        slots: How many may run at once.
        wait_p50_ms: Of the attempts of the last hour, as the other percentiles are; None without any.
        failed_1h: Jobs given up in the last hour.
        kept_1h: Share of the attempts of the last hour that began within the target.
        state: behind, held, on_time, idle; unknown when nobody has looked for half a minute.
        spark: What waited, at even distances over the window.
        hold: What holds the queue: all of it, or all that waits when nothing else does.
        held: What is held by name or company and not part of `waiting`, for it counts for no target.
        workers: Workers that take from it; None while nobody knows.
        sampled_at: When waiting and running were looked at; None for never.
    """

    name: str
    waiting: int
    is_bounded: bool
    oldest_s: float | None
    overdue: int
    target_s: int
    in_per_min: float
    out_per_min: float
    running: int
    slots: int
    wait_p50_ms: float | None
    wait_p95_ms: float | None
    wait_p99_ms: float | None
    run_p50_ms: float | None
    run_p95_ms: float | None
    run_p99_ms: float | None
    failed_1h: int
    kept_1h: float | None
    state: str
    spark: list[float] = field(default_factory=list)
    hold: Hold | None = None
    workers: int | None = None
    sampled_at: datetime | None = None
    held: list[HeldPart] = field(default_factory=list)

    @property
    def held_waiting(self) -> int:
        """Jobs that are due and held while others may flow."""
        return sum(part.waiting for part in self.held)

    @property
    def drain_min(self) -> float | None:
        """Minutes until nothing waits at the present pace; None when it never happens so."""
        pace = self.out_per_min - self.in_per_min
        if not self.waiting:
            return 0.0
        return self.waiting / pace if pace > 0 else None


def queue_figures(window: str = "3h") -> list[QueueFigures]:
    """Return every queue, worst first. Inside the installation.

    Args:
        window: Of the sparkline: 1h, 3h, 24h.
    """
    now = clock.now()
    rates = add_up(["queue"], span_of(RATE, now))
    hour = add_up(["queue"], span_of(RUNS, now))
    return _put_together(now, rates, hour, waiting_history(window, points=SPARK_POINTS))


def queue_gauges() -> list[QueueFigures]:
    """Return every queue as it stands, without rates, percentiles and the past: what a scrape asks for."""
    return _put_together(clock.now(), {}, {}, {})


def _put_together(
    now: datetime, rates: Mapping[tuple[str, ...], Sum], hour: Mapping[tuple[str, ...], Sum],
    lines: Mapping[str, list[float]],
) -> list[QueueFigures]:  # fmt: skip
    samples = {sample.queue: sample for sample in newest_samples()}
    with platform_reads():
        held = standings(now)
    minutes, workers = span_of(RATE, now).minutes, workers_by_queue()
    found = [
        _figures(
            queue, samples.get(queue), rates.get((queue,), Sum()), hour.get((queue,), Sum()), minutes,
            held[queue], lines.get(queue, []), workers, now,
        )
        for queue in QUEUES
    ]  # fmt: skip
    return sorted(found, key=lambda one: (RANKS[one.state], -(one.oldest_s or 0) / one.target_s, one.name))


def _figures(
    queue: str, sample: QueueSample | None, rate: Sum, hour: Sum, minutes: float, standing: Standing,
    spark: list[float], workers: dict[str, int] | None, now: datetime,
) -> QueueFigures:  # fmt: skip
    limits = settings_of(queue)
    waiting, running, oldest = (sample.waiting, sample.running, sample.oldest_s) if sample else (0, 0, None)
    waits, runs = hour.waits.percentiles(), hour.runs.percentiles()
    hold = standing.hold_on(waiting)
    is_busy = bool(waiting or running or rate.ended)
    state = state_of(oldest, limits.target_wait_s, hold, is_busy=is_busy)
    if hold is None and (sample is None or now - sample.sampled_at > UNKNOWN_AFTER):
        state = "unknown"
    return QueueFigures(
        name=queue, waiting=waiting, is_bounded=waiting >= COUNT_BOUND, oldest_s=oldest,
        overdue=sample.overdue if sample else 0, target_s=limits.target_wait_s,
        in_per_min=rate.queued / minutes, out_per_min=rate.ended / minutes,
        running=running, slots=limits.concurrency, wait_p50_ms=waits.p50, wait_p95_ms=waits.p95, wait_p99_ms=waits.p99,
        run_p50_ms=runs.p50, run_p95_ms=runs.p95, run_p99_ms=runs.p99, failed_1h=hour.failed, kept_1h=hour.kept_share,
        state=state, spark=spark, hold=hold,
        sampled_at=sample.sampled_at if sample else None, workers=None if workers is None else workers.get(queue, 0),
        held=[part for part in standing.parts if part.waiting],
    )  # fmt: skip


def workers_by_queue() -> dict[str, int] | None:
    """Return how many workers with a slot take from each queue; None when nobody asked them."""
    snapshot = try_snapshot()
    if snapshot is None:
        return None
    return Counter(
        queue for one in snapshot.workers if one.state is WorkerState.ONLINE and one.slots for queue in one.queues
    )


def state_of(oldest_s: float | None, target_s: int, hold: Hold | None, *, is_busy: bool) -> str:
    """Return behind, held, on_time or idle."""
    if hold is not None:
        return "held"
    if oldest_s is not None and oldest_s > target_s:
        return "behind"
    return "on_time" if is_busy else "idle"


def waiting_history(window: str = "3h", *, points: int | None = None) -> dict[str, list[float]]:
    """Return what waited in each queue over 1h, 3h or 24h, at even distances, oldest first, up to now.

    A minute nobody looked at shows what was seen before it; `unseen_minutes` says which those are.

    Args:
        window: A name of `sums.WINDOWS`.
        points: How many; one a minute, at most 180, when left out.
    """
    return {queue: _even(values) for queue, values in seen_history(window, points=points).items()}


def seen_history(window: str = "3h", *, points: int | None = None) -> dict[str, list[float | None]]:
    """Return the same with None where nobody looked. The point that is only just beginning shows the one before it.

    Args:
        window: A name of `sums.WINDOWS`.
        points: How many; one a minute, at most 180, when left out.
    """
    length = WINDOWS[window]
    count = points or min(round(length / MINUTE), 180)
    step, until = length / count, minute_of(clock.now()) + MINUTE
    place = sa.func.floor(sa.extract("epoch", QueueSample.minute - (until - length)) / step.total_seconds()).label(
        "place"
    )
    statement = (
        sa.select(QueueSample.queue, place, sa.func.max(QueueSample.waiting))
        .where(QueueSample.minute >= until - length, QueueSample.minute < until)
        .group_by(QueueSample.queue, place)
    )
    seen = {(queue, int(at)): float(waiting) for queue, at, waiting in db.session.execute(statement)}
    history = {queue: [seen.get((queue, at)) for at in range(count)] for queue in QUEUES}
    for values in history.values():
        values[-1] = values[-1] if values[-1] is not None else values[-2]
    return history


def _even(values: list[float | None]) -> list[float]:
    """Fill what nobody saw with what was seen before it; with nothing waiting before the first look."""
    found: list[float] = []
    for value in values:
        found.append(value if value is not None else (found[-1] if found else 0.0))
    return found


def unseen_minutes(window: str = "3h") -> list[datetime]:
    """Return the minutes of a window, after the first look ever, in which nobody looked: the relay was away."""
    until = minute_of(clock.now())
    seen = set(
        db.session.scalars(
            sa.select(QueueSample.minute).where(QueueSample.minute >= until - WINDOWS[window]).distinct()
        )
    )
    first = min(seen, default=until)
    return [at for n in range(int((until - first) / MINUTE)) if (at := first + n * MINUTE) not in seen]


def figures_age_s(found: list[QueueFigures]) -> float | None:
    """Return how old the newest look at the queues is, in seconds; None when nobody ever looked."""
    newest = max((one.sampled_at for one in found if one.sampled_at), default=None)
    return age_s(newest, clock.now())
