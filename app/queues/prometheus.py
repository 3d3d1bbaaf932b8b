"""Queues and jobs at /metrics, read from sums when asked: any web process answers for all workers.

Names that begin with flower_ are those of Flower, so boards made for it go on; the others are ours. A histogram's
buckets come from the kept ones, so a value within 1 % of a bound may stand on its other side.
"""

from collections.abc import Callable, Iterable

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from app.core import clock, metrics
from app.core.histogram import Histogram
from app.core.installation import installation
from app.queues.figures.queues import QueueFigures, queue_gauges
from app.queues.figures.sums import Sum
from app.queues.figures.totals import Whose, totals
from app.queues.workers.model import WorkerState
from app.queues.workers.watch import try_snapshot

OURS = "quarterdeck_"
# Flower's own bounds (prometheus_client's default ones), and longer ones, for jobs wait and run longer than requests.
BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 300, 900, 3600)
EVENTS: dict[str, Callable[[Sum], int]] = {
    "task-received": lambda one: one.ended,
    "task-started": lambda one: one.ended,
    "task-succeeded": lambda one: one.done,
    "task-failed": lambda one: one.failed,
    "task-retried": lambda one: one.retried,
    "task-revoked": lambda one: one.cancelled,
    "task-lost": lambda one: one.lost,
}
OUTCOMES = ("queued", "done", "failed", "retried", "cancelled", "lost")
GAUGES: dict[str, tuple[str, Callable[[QueueFigures], float | None]]] = {
    "queue_waiting": ("Jobs that are due and not begun; counted to 10,000.", lambda one: one.waiting),
    "queue_waiting_held": (
        "Jobs that are due and held by name or company, not part of the above.",
        lambda one: one.held_waiting,
    ),
    "queue_oldest_seconds": ("How long the oldest of them waits.", lambda one: one.oldest_s or 0),
    "queue_overdue": ("Those that wait longer than the target.", lambda one: one.overdue),
    "queue_target_seconds": ("How long jobs should wait at most.", lambda one: one.target_s),
    "queue_running": ("Jobs that run.", lambda one: one.running),
    "queue_slots": ("Jobs that may run at once.", lambda one: one.slots),
    "queue_behind": ("1 while the oldest job waits longer than the target.", lambda one: one.state == "behind"),
    "queue_held": ("1 while somebody or something holds the queue.", lambda one: one.hold is not None),
}


def collect() -> Iterable[Metric]:
    """Yield everything about queues, job names and workers."""
    with installation():
        found, done = queue_gauges(), totals()
    yield from _queues(found)
    yield from _jobs(done)
    yield from _flower(done)
    yield from _workers()


def _queues(found: list[QueueFigures]) -> Iterable[Metric]:
    for name, (meaning, value) in GAUGES.items():
        family = GaugeMetricFamily(f"{OURS}{name}", meaning, labels=["queue"])
        for one in found:
            family.add_metric([one.name], float(value(one) or 0))
        yield family
    looked = max((one.sampled_at for one in found if one.sampled_at), default=None)
    if looked is not None:
        age = (clock.now() - looked).total_seconds()
        yield GaugeMetricFamily(f"{OURS}queue_sample_age_seconds", "How old waiting and running are.", value=age)


def _jobs(done: dict[Whose, Sum]) -> Iterable[Metric]:
    jobs = CounterMetricFamily(f"{OURS}jobs", "Jobs, by how they ended; `queued` were asked for.",
                               labels=["queue", "name", "outcome"])  # fmt: skip
    late = CounterMetricFamily(f"{OURS}jobs_late", "Attempts that waited longer than the target.", labels=["queue"])
    waits = HistogramMetricFamily(f"{OURS}queue_wait_seconds", "From due to begun.", labels=["queue"])
    runs = HistogramMetricFamily(f"{OURS}queue_run_seconds", "From begun to ended.", labels=["queue"])
    for (queue, name), one in sorted(_gathered(done, lambda whose: (whose.queue, whose.name)).items()):
        for outcome in OUTCOMES:
            jobs.add_metric([queue, name, outcome], getattr(one, outcome))
    for (queue,), one in sorted(_gathered(done, lambda whose: (whose.queue,)).items()):
        late.add_metric([queue], one.late)
        waits.add_metric([queue], *_observed(one.waits, one.waited_ms))
        runs.add_metric([queue], *_observed(one.runs, one.ran_ms))
    return jobs, late, waits, runs


def _flower(done: dict[Whose, Sum]) -> Iterable[Metric]:
    events = CounterMetricFamily("flower_events", "Number of events.", labels=["worker", "type", "task"])
    runtime = HistogramMetricFamily("flower_task_runtime_seconds", "Task runtime.", labels=["worker", "task"])
    waits = GaugeMetricFamily(
        "flower_task_prefetch_time_seconds", "Mean time that tasks waited before they were executed.",
        labels=["worker", "task"],
    )  # fmt: skip
    for (worker, task), one in sorted(_gathered(done, lambda whose: (whose.worker, whose.name)).items()):
        if not worker:
            continue
        for kind, count in EVENTS.items():
            events.add_metric([worker, kind, task], count(one))
        runtime.add_metric([worker, task], *_observed(one.runs, one.ran_ms))
        waits.add_metric([worker, task], one.waited_ms / max(one.ended, 1) / 1000)
    return events, runtime, waits


def _workers() -> Iterable[Metric]:
    online = GaugeMetricFamily("flower_worker_online", "Worker online status.", labels=["worker"])
    running = GaugeMetricFamily(
        "flower_worker_number_of_currently_executing_tasks", "Tasks executing at a worker.", labels=["worker"]
    )
    taken = GaugeMetricFamily(
        "flower_worker_prefetched_tasks", "Tasks prefetched at a worker.", labels=["worker", "task"]
    )
    snapshot = try_snapshot()
    for one in snapshot.workers if snapshot else []:
        online.add_metric([one.node], float(one.state is not WorkerState.SILENT))
        running.add_metric([one.node], len(one.running))
        for name in sorted({job.name for job in one.prefetched}):
            taken.add_metric([one.node, name], sum(job.name == name for job in one.prefetched))
    return online, running, taken


def _gathered(done: dict[Whose, Sum], key: Callable[[Whose], tuple[str, ...]]) -> dict[tuple[str, ...], Sum]:
    found: dict[tuple[str, ...], Sum] = {}
    for whose, one in done.items():
        at = key(whose)
        found[at] = found[at] + one if at in found else one
    return found


def _observed(one: Histogram, sum_ms: int) -> tuple[list[tuple[str, float]], float]:
    """Return Prometheus' cumulative buckets and the sum in seconds."""
    buckets = [(str(float(bound)), float(one.at_most(bound * 1000))) for bound in BOUNDS_S]
    return [*buckets, ("+Inf", float(one.total))], sum_ms / 1000


def init_prometheus() -> None:
    """Answer at each scrape."""
    metrics.at_scrape("queues", collect)
