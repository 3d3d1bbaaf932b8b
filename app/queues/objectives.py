"""How well a queue keeps its target, and how fast it uses up what it may miss."""

from dataclasses import dataclass

from app.queues.figures.sums import WINDOWS, Sum, add_up, span_of

OBJECTIVE = 0.99  # share of the runs that begin within the queue's target
PAGES = ("1h", "24h", "30d")


@dataclass(frozen=True)
class Kept:
    """A queue's objective over one window.

    Attributes:
        runs: Runs that ended in it.
        share: Share that began within the target; None when nothing ran.
        burn: How many times faster than allowed the misses of 30 days are used up; 1 just lasts. None when nothing ran.
    """

    window: str
    runs: int
    late: int
    share: float | None
    burn: float | None


@dataclass(frozen=True)
class TypeLine:
    """What the jobs of one name did in a queue; times in milliseconds, None when nothing ran."""

    name: str
    runs: int
    failed: int
    late_share: float | None
    waits: tuple[float | None, float | None, float | None]
    ran: tuple[float | None, float | None, float | None]


def kept_of(queue: str) -> list[Kept]:
    """Return the objective over an hour, a day and a month, in the scope of whoever asks."""
    found = []
    for window in PAGES:
        total = add_up(("queue",), span_of(WINDOWS[window]), queue=queue).get((queue,), Sum())
        share = total.kept_share
        burn = None if share is None else (1 - share) / (1 - OBJECTIVE)
        found.append(Kept(window, total.ended, total.late, share, burn))
    return found


def types_of(queue: str, window: str) -> list[TypeLine]:
    """Return what each job name of a queue did in a window, busiest first, in the scope of whoever asks."""
    sums = add_up(("name",), span_of(WINDOWS[window]), queue=queue)
    lines = [
        TypeLine(
            key[0], one.ended, one.failed, one.late / one.ended if one.ended else None,
            (one.waits.quantile(0.5), one.waits.quantile(0.95), one.waits.quantile(0.99)),
            (one.runs.quantile(0.5), one.runs.quantile(0.95), one.runs.quantile(0.99)),
        )
        for key, one in sums.items()
    ]  # fmt: skip
    return sorted(lines, key=lambda line: (-line.runs, line.name))
