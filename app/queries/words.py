"""Words for statements and their figures, for pages and for what people are told."""

from typing import Protocol

from app.core.present import format_count, format_duration

MS, LONG_MS, MINUTE_MS = 1000.0, 10_000.0, 60_000.0
TEN, HUNDRED = 10.0, 100.0
ENOUGH_CALLS = 30
SLOWER, SHIFT_MS = 2.0, 100.0  # p95 at least twice what it was, and at least so much more: people are told
HEAVY = 0.4  # of all database time: worth a sentence whatever it was before
SHOWN_TABLES = 2
VERBS = {"select": "Read", "insert": "Add to", "update": "Change", "delete": "Delete from", "merge": "Merge into"}


class Figures(Protocol):
    """What one statement cost in a span."""

    @property
    def calls(self) -> int:
        """How often it was sent."""

    @property
    def p95_ms(self) -> float | None:
        """What 95 of 100 calls did not exceed; None of no call."""


def spell_ms(ms: float | None) -> str:
    """Return a duration as people read it: `0.4 ms`, `171 ms`, `1.27 s`, `23.7 s`, `41 min 10 s`; a dash for none."""
    if ms is None:
        return "–"
    figure, unit = figure_of(ms)
    return f"{figure} {unit}" if unit else figure


def figure_of(ms: float) -> tuple[str, str]:
    """Return a duration's figure and its unit; the unit is "" when the figure has its own."""
    if ms < TEN:
        return f"{ms:.1f}", "ms"
    if ms < MS:
        return f"{ms:.0f}", "ms"
    if ms < LONG_MS:
        return f"{ms / MS:.2f}", "s"
    if ms < MINUTE_MS:
        return f"{ms / MS:.1f}", "s"
    seconds = int(ms / MS)
    if seconds < 3600:  # noqa: PLR2004
        minutes, rest = divmod(seconds, 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min", ""
    return format_duration(seconds), ""


def percent(share: float | None) -> str:
    """Return a share of 1 in per cent: `61%`, `0.4%`; a dash for none."""
    if share is None:
        return "–"
    found = share * HUNDRED
    if 0 < found < 0.1:  # noqa: PLR2004
        return "<0.1%"
    return f"{found:.1f}%" if 0 < found < 1 else f"{found:.0f}%"


def rows_a_call(rows: int, calls: int) -> str:
    """Return how many rows a call brings."""
    if not calls:
        return "–"
    found = rows / calls
    return format_count(round(found)) if found >= TEN or found == int(found) else f"{found:.1f}"


def title_of(verb: str, tables: list[str]) -> str:
    """Return a statement's name for people: `Read order_lines and orders`."""
    if not tables:
        return "Statement without a table"
    names = [name.removeprefix("public.") for name in tables]
    shown, rest = names[:SHOWN_TABLES], len(names) - SHOWN_TABLES
    listed = f"{', '.join(shown)} and {rest} more" if rest > 0 else " and ".join(shown)
    return f"{VERBS.get(verb, 'Work on')} {listed}"


def is_slower(now: Figures, before: Figures | None) -> bool:
    """Say whether p95 moved so far that people are told: twice, 100 ms more, over 30 calls in each span."""
    if before is None or now.p95_ms is None or before.p95_ms is None:
        return False
    return (
        min(now.calls, before.calls) >= ENOUGH_CALLS
        and now.p95_ms >= SLOWER * before.p95_ms
        and now.p95_ms - before.p95_ms >= SHIFT_MS
    )


def slower_words(ratio: float) -> str:
    """Return how much slower: `12% slower`, `3 times slower`."""
    return f"{(ratio - 1) * HUNDRED:.0f}% slower" if ratio < SLOWER else f"{ratio:.0f} times slower"
