"""How a statement looks: how its time moved, and what stands beside it."""

from dataclasses import dataclass

from app.queries.sql import in_short, laid_out, pieces
from app.queries.words import HUNDRED, SLOWER, Figures, is_slower, percent, rows_a_call, spell_ms, title_of

# Templates have these from here.
__all__ = ["Shift", "in_short", "laid_out", "percent", "pieces", "rows_a_call", "shift_of", "spell_ms", "title_of"]
NOTICED, NOTICED_MS = 0.1, 1.0  # less is how any two hours differ


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


def slower_words(ratio: float) -> str:
    """Return how much slower: `12% slower`, `3 times slower`."""
    return f"{(ratio - 1) * HUNDRED:.0f}% slower" if ratio < SLOWER else f"{ratio:.0f} times slower"
