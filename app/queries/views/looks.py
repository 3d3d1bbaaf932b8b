"""How a statement looks: how its time moved, and what stands beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.present import format_bytes
from app.queries.reads.elsewhere import is_elsewhere
from app.queries.reads.server import ServerFigures
from app.queries.sql import in_short, laid_out, pieces
from app.queries.words import (
    HUNDRED,
    Figures,
    figure_of,
    is_slower,
    percent,
    rows_a_call,
    slower_words,
    spell_ms,
    title_of,
)

# Templates have these from here.
__all__ = [
    "Shift", "against", "figure_of", "in_short", "is_elsewhere", "laid_out", "line_of", "percent", "pieces", "read_a_call", "rows_a_call",
    "shift_of", "spell_ms", "title_of",
]  # fmt: skip
NOTICED, NOTICED_MS = 0.1, 1.0  # less is how any two hours differ
BLOCK_BYTES = 8192


@dataclass(frozen=True)
class Shift:
    """A span against the one before it.

    Attributes:
        tone: bad, warn, good or "" for no shift.
        ratio: p95 now by p95 before; None where either is unknown.
    """

    tone: str
    icon: str | None
    word: str
    ratio: float | None = None


def shift_of(now: Figures, before: Figures | None) -> Shift:
    """Return how a statement's p95 moved against the span before."""
    if before is None or not before.calls or before.p95_ms is None or now.p95_ms is None:
        return Shift("", None, "not called before")
    ratio = now.p95_ms / before.p95_ms if before.p95_ms else None
    difference = now.p95_ms - before.p95_ms
    if is_slower(now, before):
        return Shift("bad", "trending-up", f"was {spell_ms(before.p95_ms)}", ratio)
    if ratio is None or abs(difference) < NOTICED_MS or abs(ratio - 1) < NOTICED:
        return Shift("", None, "as before", ratio)
    if ratio > 1:
        return Shift("warn", "trending-up", slower_words(ratio), ratio)
    return Shift("good", "trending-down", f"{(1 - ratio) * HUNDRED:.0f}% faster", ratio)


def line_of(points: Sequence[float | None]) -> list[float]:
    """Return the points of a line; a step without a call holds the figure before it, for the line must not fall to 0."""
    found: list[float] = []
    for point in points:
        found.append(point if point is not None else found[-1] if found else 0.0)
    return found


def against(now: int, before: int) -> str:
    """Return a count against the one before: `as before`, `was 2,310`."""
    if before and abs(now - before) <= NOTICED * before:
        return "as before"
    return f"was {before:,}"


def read_a_call(figures: ServerFigures | None) -> str | None:
    """Return how much of a call came from disk; None where PostgreSQL knows no such call."""
    if figures is None or not figures.calls:
        return None
    return format_bytes(round(figures.read * BLOCK_BYTES / figures.calls))
