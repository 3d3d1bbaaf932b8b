"""How long it takes until jobs that are sent again are done, as far as the last hour tells."""

from collections.abc import Mapping

from app.core.installation import installation
from app.core.jobs.limits import settings_of
from app.queues import figures

RUN_MS = 1000.0  # taken where nothing ran in the last hour


def estimate_drain(jobs: Mapping[str, int], per_second: int) -> float:
    """Return the seconds until the last of them has ended: the slowest queue's, or the pace of their release.

    Args:
        jobs: How many of each queue.
        per_second: How many are released a second, of all queues.
    """
    with installation():
        run_ms = {one.name: one.run_p50_ms for one in figures.queue_figures("1h")}
    work = [
        count * (run_ms.get(queue) or RUN_MS) / 1000 / settings_of(queue).concurrency for queue, count in jobs.items()
    ]
    return max([sum(jobs.values()) / per_second, *work])
