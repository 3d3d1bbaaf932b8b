"""Points of a plot's lines, so that templates only write them down: 600 × 100, stretched over the plot's area."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log10

WIDE, HIGH = 600.0, 100.0
STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class Plot:
    """Lines over one stretch of time.

    Attributes:
        lines: Each as the points of a polyline, "" for one without points.
        top: What the top of the plot stands for; the bottom is 0.
        count: How many places there are along the time.
    """

    lines: list[str]
    top: float
    count: int

    def x(self, place: int) -> float:
        """Return where a place lies, in percent from the left."""
        return round(100 * place / max(self.count - 1, 1), 1)


def plot_of(*lines: Sequence[float | None]) -> Plot:
    """Return the plot of some lines; None where a line has no figure. All begin at the same place."""
    count = max((len(line) for line in lines), default=0)
    top = round_up(max((figure for line in lines for figure in line if figure is not None), default=0.0))
    step = WIDE / max(count - 1, 1)
    drawn = [
        " ".join(
            f"{round(place * step, 1):g},{round(HIGH - figure / top * HIGH, 1):g}"
            for place, figure in enumerate(line)
            if figure is not None
        )
        for line in lines
    ]
    return Plot(drawn, top, count)


def round_up(figure: float) -> float:
    """Return the next round figure: 1, 2, 2.5, 5 or 10 times a power of ten; 1 for nothing."""
    if figure <= 0:
        return 1.0
    power = 10.0 ** ceil(log10(figure) - 1)
    return next(step * power for step in STEPS if step * power >= figure * 0.999999)
