"""The drawings of one breaker: its last calls side by side, and its failure rate by the minute."""

from dataclasses import dataclass, field

from app.breakers.reads import Point

WIDE, HIGH = 600.0, 100.0
KINDS = {"0": "ok", "1": "no", "2": "slow", "3": "no"}
LABELLED_EVERY = 15


@dataclass(frozen=True)
class Strip:
    """The window's calls, oldest first, at even distances.

    Attributes:
        cells: Class and x of each call.
        width: Of one.
    """

    cells: list[tuple[str, float]]
    width: float
    good: int
    slow: int
    failed: int

    @property
    def label(self) -> str:
        """What it shows, in a sentence."""
        return f"{len(self.cells)} calls, oldest first: {self.good} good, {self.slow} slow, {self.failed} failed"


@dataclass(frozen=True)
class RateChart:
    """Percent failed by the minute.

    Attributes:
        lines: Points of each stretch of minutes with calls; where nobody called there is no line.
        limit: Height of the threshold, in percent from the top.
        times: x in percent, anchor, and the point whose time is written there.
    """

    lines: list[str]
    limit: float
    points: list[Point]
    times: list[tuple[float, str, Point]] = field(default_factory=list)

    @property
    def has_calls(self) -> bool:
        """Whether anybody called or wanted to."""
        return any(point.calls or point.rejected for point in self.points)

    @property
    def worst(self) -> float:
        """The highest percentage."""
        return max((point.failure_rate or 0.0 for point in self.points), default=0.0)


def strip_of(outcomes: str | None) -> Strip | None:
    """Return the last calls of a window; None when it has none."""
    if not outcomes:
        return None
    step = WIDE / len(outcomes)
    kinds = [KINDS[one] for one in outcomes]
    cells = [(kind, round(i * step, 2)) for i, kind in enumerate(kinds)]
    width = round(step * 0.86, 2)
    return Strip(cells, width, kinds.count("ok"), kinds.count("slow"), kinds.count("no"))


def chart_of(points: list[Point], threshold: float) -> RateChart:
    """Return the chart of some minutes, oldest first."""
    step = WIDE / max(len(points) - 1, 1)
    lines: list[list[str]] = [[]]
    for i, point in enumerate(points):
        if point.failure_rate is None:
            lines.append([])
        else:
            lines[-1].append(f"{round(i * step, 1):g},{round(HIGH - point.failure_rate, 1):g}")
    # One minute alone is a short dash, not nothing.
    drawn = [" ".join(line if len(line) > 1 else [line[0], _nudged(line[0])]) for line in lines if line]
    last = len(points) - 1
    times = [
        (round(i / last * 100, 1), "start" if i == 0 else "middle", points[i]) for i in range(0, last, LABELLED_EVERY)
    ] if last else []  # fmt: skip
    return RateChart(drawn, round(HIGH - threshold, 1), points, times)


def _nudged(point: str) -> str:
    x, y = point.split(",")
    return f"{float(x) + 4:g},{y}"
