"""Points of a sparkline, so that templates only write them down."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 93.0, 20.0
TOP, BOTTOM = 1.5, 18.5  # the stroke and the end dot stay inside the frame


@dataclass(frozen=True)
class SparkPath:
    """A line in a 96 × 20 frame: its points, the height of its last one, and of its limit."""

    line: str
    end: float
    limit: float | None


def spark_path(
    points: Sequence[float], limit: float | None = None, frame: tuple[float, float] | None = None
) -> SparkPath | None:
    """Return the line through the points, lowest to highest filling the frame; None for fewer than two points.

    Args:
        points: Figures, oldest first, at even distances in time.
        limit: A threshold in the same unit; it stretches the frame so that it can be seen.
        frame: What the bottom and the top of the frame stand for, for shares and rates that have a fixed scale.
    """
    if len(points) < 2:  # noqa: PLR2004
        return None
    low, high = min(points), max(points)
    if limit is not None:
        low, high = min(low, limit), max(high, limit)
    low, high = frame or (low, high)
    span = (high - low) or 1.0

    def height(value: float) -> float:
        return round(BOTTOM - (value - low) / span * (BOTTOM - TOP), 1)

    step = WIDTH / (len(points) - 1)
    line = " ".join(f"{round(index * step, 1):g},{height(value):g}" for index, value in enumerate(points))
    return SparkPath(line, height(points[-1]), height(limit) if limit is not None else None)
