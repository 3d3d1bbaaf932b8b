"""The chart of waiting jobs: the queues that are behind or held by name, all others as one line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.present import plural, reader_zone, zone_info

WIDE, HIGH = 900.0, 176.0
MOST_NAMED, GRID_LINES = 4, 4
STEPS = (1, 2, 4, 5, 6, 8)
LABEL_EVERY_MIN = {1: 15, 3: 30, 24: 240}
TABLE_ROWS = 7
NEAR_NOTHING = 6.0  # percent: a name beside a line that flat would stand on the axis


@dataclass(frozen=True)
class Line:
    """One queue over the window, or the sum of several.

    Attributes:
        tone: bad, held, or soft for what needs nobody.
        top: Height of its last point, in percent from the top.
    """

    name: str
    tone: str
    points: str
    now: int
    top: float
    values: Sequence[float]


@dataclass(frozen=True)
class Band:
    """A stretch in which a queue was paused, in percent of the width."""

    name: str
    x: float
    width: float


@dataclass(frozen=True)
class WaitingChart:
    """Jobs waiting over time.

    Attributes:
        marks: Figures of the vertical axis with their place in percent from the top.
        times: x in percent and the time written there.
        rows: Time, and the figure of every line then.
    """

    label: str
    lines: list[Line]
    bands: list[Band]
    marks: list[tuple[float, str]]
    times: list[tuple[float, str]]
    rows: list[tuple[str, list[int]]]


def chart_of(
    history: Mapping[str, Sequence[float]], tones: Mapping[str, str], start: datetime, end: datetime, hours: int,
    paused: Mapping[str, datetime],
) -> WaitingChart | None:  # fmt: skip
    """Return the chart; None while there are no two points to join.

    Args:
        history: Jobs waiting by queue, oldest first, at even distances from `start` to `end`.
        tones: Of the queues that are named, worst first; the others are one line.
        start: Where the window begins.
        end: Now.
        hours: Length of the window: 1, 3 or 24.
        paused: Queue → since when it is paused.
    """
    length = max((len(points) for points in history.values()), default=0)
    if length < 2:  # noqa: PLR2004
        return None
    named = [name for name in tones if name in history][:MOST_NAMED]
    series = {name: history[name] for name in named}
    rest = [history[name] for name in history if name not in series]
    if rest:
        series[plural_others(len(rest), is_rest=bool(named))] = [sum(one) for one in zip(*rest, strict=True)]
    top = nice_top(max(max(points, default=0) for points in series.values()))
    # The most urgent line is drawn last, over the others.
    lines = [_line(name, points, tones.get(name, "soft"), top) for name, points in reversed(series.items())]
    zone = zone_info(reader_zone())
    marks = [(100.0 * i / GRID_LINES, f"{top * (GRID_LINES - i) / GRID_LINES:g}") for i in range(GRID_LINES + 1)]
    return WaitingChart(
        _told(lines, start.astimezone(zone), end.astimezone(zone)), lines,
        _bands(paused, start, end), marks, _times(start, end, hours), _rows(lines, start, end),
    )  # fmt: skip


def plural_others(count: int, *, is_rest: bool) -> str:
    """Return what the line of everything else is called."""
    return f"the other {count}" if is_rest else f"all {plural(count, 'queue')}"


def nice_top(most: float) -> int:
    """Return a round figure above the highest point that four lines divide well: 8, 40, 240, 4000."""
    size = 4
    while True:
        for step in STEPS:
            if size * step >= most:
                return size * step
        size *= 10


def _line(name: str, points: Sequence[float], tone: str, top: int) -> Line:
    step = WIDE / (len(points) - 1)
    drawn = " ".join(
        f"{round(i * step, 1):g},{round(HIGH - value / top * HIGH, 1):g}" for i, value in enumerate(points)
    )
    return Line(name, tone, drawn, round(points[-1]), round(100 - points[-1] / top * 100, 1), points)


def _bands(paused: Mapping[str, datetime], start: datetime, end: datetime) -> list[Band]:
    whole = end - start
    found = [(name, max((since - start) / whole * 100, 0.0)) for name, since in paused.items() if since < end]
    return [Band(name, round(x, 2), round(100 - x, 2)) for name, x in sorted(found, key=lambda one: one[1])]


def _times(start: datetime, end: datetime, hours: int) -> list[tuple[float, str]]:
    zone = zone_info(reader_zone())
    every = timedelta(minutes=LABEL_EVERY_MIN[hours])
    local = start.astimezone(zone)
    at = local.replace(hour=0, minute=0, second=0, microsecond=0)
    found = []
    while at <= end:
        x = (at - local) / (end - start) * 100
        if 3 <= x <= 97:  # noqa: PLR2004 (a time at the very edge would be cut)
            found.append((round(x, 1), f"{at:%H:%M}"))
        at += every
    return found


def _rows(lines: list[Line], start: datetime, end: datetime) -> list[tuple[str, list[int]]]:
    zone = zone_info(reader_zone())
    length = len(lines[0].values)
    places = sorted({round(i * (length - 1) / (TABLE_ROWS - 1)) for i in range(TABLE_ROWS)})
    spread = (end - start) / (length - 1)
    ordered = list(reversed(lines))
    return [
        (f"{(start + spread * place).astimezone(zone):%H:%M}", [round(line.values[place]) for line in ordered])
        for place in places
    ]


def _told(lines: list[Line], start: datetime, end: datetime) -> str:
    parts = "; ".join(f"{line.name} from {round(line.values[0])} to {line.now}" for line in reversed(lines))
    return f"Waiting jobs, {start:%H:%M} to {end:%H:%M}. {parts}."
