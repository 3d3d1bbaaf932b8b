"""Words with their places become rows of cells, as a person reads them: also on a sheet that lies askew."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, cos, sin
from statistics import median

Point = tuple[float, float]
SAME_ROW = 0.6  # of a word's height
TALL = 1.5


@dataclass(frozen=True)
class Word:
    """A piece of text and where it stands.

    Attributes:
        corners: From the upper left, clockwise, in pixels.
        sure: How sure the engine is, 0 to 1.
    """

    text: str
    corners: tuple[Point, Point, Point, Point]
    sure: float

    @property
    def width(self) -> float:
        """Length of the upper edge."""
        (ax, ay), (bx, by) = self.corners[0], self.corners[1]
        return float(((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5)

    @property
    def height(self) -> float:
        """Length of the left edge."""
        (ax, ay), (bx, by) = self.corners[0], self.corners[3]
        return float(((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5)


@dataclass(frozen=True)
class Cell:
    """A word in its row: its middle from the left, on the sheet put straight."""

    text: str
    x: float
    sure: float


def lies_on_its_side(words: Sequence[Word]) -> bool:
    """Say whether the sheet was photographed sideways: most longer words are taller than wide."""
    longer = [word for word in words if len(word.text) >= 4]  # noqa: PLR2004 (a digit is tall anyway)
    if not longer:
        return False
    heights = [max(y for _, y in word.corners) - min(y for _, y in word.corners) for word in longer]
    widths = [max(x for x, _ in word.corners) - min(x for x, _ in word.corners) for word in longer]
    return median(high / max(wide, 1.0) for high, wide in zip(heights, widths, strict=True)) > TALL


def rows_of(words: Sequence[Word]) -> list[list[Cell]]:
    """Return the rows from top to bottom, each from left to right."""
    if not words:
        return []
    tilt = _tilt(words)
    placed = sorted((_straight(word, tilt) for word in words), key=lambda one: one[1])
    rows: list[list[tuple[float, float, Word]]] = []
    for x, y, word in placed:
        row = rows[-1] if rows else []
        # Beside the newest word of the row: letters of one line differ little, neighbours of two lines a lot.
        if row and abs(y - median(one[1] for one in row)) <= SAME_ROW * max(word.height, 1.0):
            row.append((x, y, word))
        else:
            rows.append([(x, y, word)])
    return [[Cell(word.text, x, word.sure) for x, _, word in sorted(row, key=lambda one: one[0])] for row in rows]


def _tilt(words: Sequence[Word]) -> float:
    """Return the angle of the sheet: that of its widest words, whose edges say it best."""
    widest = sorted(words, key=lambda word: -word.width)[:10]
    angles = [
        atan2(word.corners[1][1] - word.corners[0][1], word.corners[1][0] - word.corners[0][0]) for word in widest
    ]
    return median(angles)


def _straight(word: Word, tilt: float) -> tuple[float, float, Word]:
    x = sum(corner[0] for corner in word.corners) / 4
    y = sum(corner[1] for corner in word.corners) / 4
    return x * cos(tilt) + y * sin(tilt), y * cos(tilt) - x * sin(tilt), word
