"""What the jobs of each name did: how many, how long they waited and ran."""

from collections.abc import Collection
from dataclasses import dataclass

from app.core.jobs import EVERYBODY, permission_of
from app.queues.figures.sums import WINDOWS, Sum, add_up, span_of


@dataclass(frozen=True)
class TypeFigures:
    """The jobs of one name over a window.

    Attributes:
        ran_s: Worker time they took together.
        share: Their share of all worker time in the window; 0 when none was taken.
    """

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


def type_figures(
    window: str = "1h", *, queue: str | None = None, allowed: Collection[str] = EVERYBODY
) -> list[TypeFigures]:
    """Return the job names that did something, the most worker time first.

    Args:
        window: A name of `sums.WINDOWS`.
        queue: Only of this queue.
        allowed: The reader's permissions.
    """
    found = add_up(["name", "queue"], span_of(WINDOWS[window]), queue=queue)
    seen = {key: one for key, one in found.items() if permission_of(key[0]) in allowed}
    total_ms = sum(one.ran_ms for one in seen.values())
    figures = [_figures(name, where, one, total_ms) for (name, where), one in seen.items()]
    return sorted(figures, key=lambda one: (-one.ran_s, -one.queued, one.name))


def _figures(name: str, queue: str, one: Sum, total_ms: int) -> TypeFigures:
    waits, runs = one.waits.percentiles(), one.runs.percentiles()
    return TypeFigures(
        name=name, queue=queue, queued=one.queued, done=one.done, failed=one.failed, retried=one.retried,
        cancelled=one.cancelled, lost=one.lost, wait_p50_ms=waits.p50, wait_p95_ms=waits.p95, wait_p99_ms=waits.p99,
        run_p50_ms=runs.p50, run_p95_ms=runs.p95, run_p99_ms=runs.p99, ran_s=one.ran_ms / 1000,
        share=one.ran_ms / total_ms if total_ms else 0.0,
    )  # fmt: skip
