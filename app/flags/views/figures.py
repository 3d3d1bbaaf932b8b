"""Counts as the pages draw them: asked a minute, share on, the line of an hour, the lines of a day."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core import clock
from app.core.present import reader_zone, zone_info
from app.flags.engine.model import Flag
from app.flags.views.steps import is_on_variant

HOUR_MINUTES, DAY_HOURS, MARKS = 60, 24, 30
Count = tuple[datetime, str, int]  # minute or hour, variant, answers


@dataclass(frozen=True, slots=True)
class HourFigures:
    """One flag over the last hour.

    Attributes:
        asked: A minute, on average over the minutes since it was first asked in this hour.
        points: Share answered on, in percent, of every two minutes; empty when it was not asked.
        on_text: The share over the hour: `23.1%`, or a dash.
    """

    asked: int = 0
    points: tuple[float, ...] = ()
    on_text: str = "–"


@dataclass(frozen=True, slots=True)
class ChartLine:
    """One variant over a day."""

    name: str
    points: str
    total: int


@dataclass(frozen=True, slots=True)
class DayChart:
    """The answers of a day by variant, each hour."""

    label: str
    top: str
    lines: list[ChartLine]
    times: list[tuple[float, str, str]]
    rows: list[tuple[str, list[int]]]


def hour_figures(flag: Flag | None, counts: Iterable[Count], now: datetime | None = None) -> HourFigures:
    """Return the last hour of a flag.

    Args:
        flag: Says which variants count as on; None when it cannot be read.
        counts: Of the last 60 minutes, in any order.
        now: What "now" is; the clock's when left out.
    """
    end = (now or clock.now()).replace(second=0, microsecond=0) + timedelta(minutes=1)
    all_, on = [0] * HOUR_MINUTES, [0] * HOUR_MINUTES
    for at, variant, answers in counts:
        minute = HOUR_MINUTES - int((end - at).total_seconds() // 60)
        if 0 <= minute < HOUR_MINUTES:
            all_[minute] += answers
            on[minute] += answers if flag is not None and is_on_variant(flag, variant or None) else 0
    total = sum(all_)
    if not total:
        return HourFigures()
    first = next(index for index, answers in enumerate(all_) if answers)
    share = 100 * sum(on) / total
    return HourFigures(round(total / (HOUR_MINUTES - first)), _points(all_, on), share_text(share))


def share_text(share: float) -> str:
    """Return a measured share: `100%`, `23.1%`, and never a rounded 0% or 100% that is not one."""
    if share in {0.0, 100.0}:
        return f"{share:.0f}%"
    return f"{min(max(share, 0.1), 99.9):.1f}%"


def day_chart(counts: Iterable[Count], now: datetime | None = None) -> DayChart | None:
    """Return the lines of the last 24 hours, busiest variant first; None when nobody asked."""
    end = (now or clock.now()).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    hours: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for at, variant, answers in counts:
        hour = DAY_HOURS - 1 - int((end - timedelta(microseconds=1) - at).total_seconds() // 3600)
        if 0 <= hour < DAY_HOURS:
            hours[variant or "the caller’s default"][hour] += answers
    if not hours:
        return None
    order = sorted(hours, key=lambda name: -hours[name].total())[:5]
    top = max(max(hours[name].values()) for name in order)
    lines = [ChartLine(name, _polyline(hours[name], top), hours[name].total()) for name in order]
    zone = zone_info(reader_zone())
    starts = [(end - timedelta(hours=DAY_HOURS - hour)).astimezone(zone) for hour in range(DAY_HOURS)]
    rows = [(f"{starts[hour]:%H:%M}", [hours[name][hour] for name in order]) for hour in range(DAY_HOURS)]
    told = ", ".join(f"{line.name} {line.total:,} times" for line in lines)
    times = [(100 * hour / (DAY_HOURS - 1), "start" if hour == 0 else "middle", rows[hour][0]) for hour in (0, 8, 16)]
    return DayChart(f"Answers of the last 24 hours: {told}.", _short(top), lines, times, rows)


def _points(all_: list[int], on: list[int]) -> tuple[float, ...]:
    """Return the share of every two minutes; a gap keeps the share before it."""
    step, points = HOUR_MINUTES // MARKS, []
    last = next(100 * on[i] / all_[i] for i in range(HOUR_MINUTES) if all_[i])
    for start in range(0, HOUR_MINUTES, step):
        asked = sum(all_[start : start + step])
        last = 100 * sum(on[start : start + step]) / asked if asked else last
        points.append(last)
    return tuple(points)


def _polyline(hours: Counter[int], top: int) -> str:
    return " ".join(
        f"{96 * hour / (DAY_HOURS - 1):.1f},{100 - 100 * hours[hour] / top:.1f}" for hour in range(DAY_HOURS)
    )


def _short(n: int) -> str:
    for size, sign in ((1_000_000, "M"), (1000, "k")):
        if n >= size:
            return f"{n / size:.3g}{sign}"
    return str(n)
