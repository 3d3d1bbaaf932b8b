"""How long calls take, as columns: each stands for durations up to twice, four times or ten times the one before."""

import math
from collections import Counter
from dataclasses import dataclass

from app.core.histogram import Histogram, middle_of
from app.core.plot import round_up

MOST_COLUMNS = 9
FACTORS = (2.0, 4.0, 10.0, 100.0)
MICROSECONDS = 1000.0
WIDE, GAP = 0.4, 0.08  # of a column, for each of its two bars
TEN, HALF_A_SECOND = 10.0, 512.0
LEAST = 0.001  # of a millisecond: what the histogram calls less than one microsecond


@dataclass(frozen=True)
class Column:
    """Durations up to `upto`.

    Attributes:
        x, width: Of the bar of before, in percent; that of now stands right of it.
        was, now, cut: Heights in percent: calls before, calls now, and those of now that were stopped.
    """

    upto: str
    x: float
    width: float
    now_x: float
    was: float
    now: float
    cut: float
    was_calls: int
    now_calls: int
    cut_calls: int


@dataclass(frozen=True)
class Columns:
    """The drawing, with the figures of its axis (percent from the top, text)."""

    columns: list[Column]
    marks: list[tuple[float, str]]
    label: str


def columns_of(now: Histogram, before: Histogram, stopped: int = 0) -> Columns | None:
    """Return the columns of two histograms in microseconds; None where nothing was called.

    Args:
        now: Calls of the span.
        before: Calls of the span before.
        stopped: How many of now were stopped by a time limit; they are taken to be the longest.
    """
    if not now.total and not before.total:
        return None
    factor = _factor(now, before)
    was, is_now = _grouped(before, factor), _grouped(now, factor)
    cut = _longest(is_now, stopped)
    places = range(min([*was, *is_now]), max([*was, *is_now]) + 1)
    top = round_up(max([*was.values(), *is_now.values()]))
    share = 100 / len(places)
    columns = [
        Column(
            upto=edge_of(factor, place), x=round(number * share + share * GAP, 2), width=round(share * WIDE, 2),
            now_x=round(number * share + share * (GAP + WIDE + 0.02), 2), was=_percent(was[place], top),
            now=_percent(is_now[place] - cut[place], top), cut=_percent(cut[place], top), was_calls=was[place],
            now_calls=is_now[place], cut_calls=cut[place],
        )
        for number, place in enumerate(places)
    ]  # fmt: skip
    marks = [(0.0, f"{top:g}"), (50.0, f"{top / 2:g}"), (100.0, "0")]
    return Columns(columns, marks, _told(columns))


def edge_of(factor: float, place: int) -> str:
    """Return up to how long the calls of a column took; powers of two go by round seconds: 1024 ms are said as 1 s."""
    ms = factor**place
    if factor < TEN and ms >= HALF_A_SECOND:
        return f"{ms / 1024:g} s"
    return f"{ms:g} ms" if ms < MICROSECONDS else f"{ms / MICROSECONDS:g} s"


def _factor(now: Histogram, before: Histogram) -> float:
    """Return how much wider each column is than the one before, so that there are few."""
    for factor in FACTORS:
        places = [*_grouped(now, factor), *_grouped(before, factor)]
        if max(places) - min(places) < MOST_COLUMNS:
            return factor
    return FACTORS[-1]


def _grouped(found: Histogram, factor: float) -> Counter[int]:
    """Return calls by column, numbered so that a column ends at factor ** number milliseconds."""
    grouped: Counter[int] = Counter()
    for bucket, count in found.counts.items():
        ms = max(middle_of(bucket) / MICROSECONDS, LEAST)
        grouped[math.ceil(round(math.log(ms, factor), 9))] += count
    return grouped


def _longest(grouped: Counter[int], count: int) -> Counter[int]:
    taken: Counter[int] = Counter()
    for place in sorted(grouped, reverse=True):
        taken[place] = min(count, grouped[place])
        count -= taken[place]
    return taken


def _percent(count: int, top: float) -> float:
    return round(100 * count / top, 1)


def _told(columns: list[Column]) -> str:
    """Return the drawing in words."""
    was = max(columns, key=lambda one: one.was_calls)
    now = max(columns, key=lambda one: one.now_calls)
    parts = []
    if was.was_calls:
        parts.append(f"Before: {was.was_calls:,} of {sum(one.was_calls for one in columns):,} calls up to {was.upto}.")
    if now.now_calls:
        parts.append(f"Now: {now.now_calls:,} of {sum(one.now_calls for one in columns):,} calls up to {now.upto}.")
    if cut := sum(one.cut_calls for one in columns):
        parts.append(f"{cut:,} stopped.")
    return " ".join(parts)
