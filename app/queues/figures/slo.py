"""How well a queue keeps its target wait: the share kept, how fast the allowance burns, when it is through."""

from dataclasses import dataclass

from app.core.broker import QUEUES
from app.core.jobs.limits import settings_of
from app.queues.figures.queues import QueueFigures
from app.queues.figures.sums import WINDOWS, Sum, add_up, span_of

OBJECTIVE = 0.99  # of the jobs begin within the target
SPANS = ("1h", "24h", "30d")
# Multi-window burn rates of the Google SRE workbook, chapter 5: at 14.4 a month's allowance is gone in two days.
FAST_BURN = 14.4


@dataclass(frozen=True)
class Kept:
    """One window.

    Attributes:
        share: Of the jobs that began within the target; None when none began.
        burn: How many times faster than allowed jobs were late; 1 uses up the allowance exactly. None as above.
    """

    window: str
    share: float | None
    burn: float | None
    ended: int
    late: int


@dataclass(frozen=True)
class Objective:
    """One queue's.

    Attributes:
        drain_min: Minutes until nothing waits at the present pace; None when it never happens so.
        is_burning: True when the hour burns so fast that a month's allowance is gone in two days.
    """

    queue: str
    target_s: int
    objective: float
    kept: list[Kept]
    drain_min: float | None

    @property
    def is_burning(self) -> bool:
        """True when somebody should look now."""
        return any(one.window == "1h" and (one.burn or 0) >= FAST_BURN for one in self.kept)


def objectives(found: list[QueueFigures]) -> dict[str, Objective]:
    """Return how each queue keeps its target. Inside the installation.

    Args:
        found: As `queue_figures` returned them: what waits too long already counts as late, though it has not begun.
    """
    now = {one.name: one for one in found}
    sums = {window: add_up(["queue"], span_of(WINDOWS[window]), histograms=False) for window in SPANS}
    return {
        queue: Objective(
            queue, settings_of(queue).target_wait_s, OBJECTIVE,
            [kept_of(window, sums[window].get((queue,), Sum()), _overdue(now.get(queue))) for window in SPANS],
            now[queue].drain_min if queue in now else None,
        )
        for queue in QUEUES
    }  # fmt: skip


def _overdue(one: QueueFigures | None) -> int:
    return one.overdue if one is not None and one.hold is None else 0


def kept_of(window: str, one: Sum, overdue: int) -> Kept:
    """Return the share kept and its burn rate.

    Args:
        window: Its name.
        one: What ended in it.
        overdue: What waits longer than the target at this moment.
    """
    ended, late = one.ended + overdue, one.late + overdue
    if not ended:
        return Kept(window, None, None, 0, 0)
    return Kept(window, 1 - late / ended, late / ended / (1 - OBJECTIVE), ended, late)
