"""The chart of waiting jobs: the queues that are behind or held by name, all others as one line."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.core.present import plural, reader_zone, zone_info

WIDE, HIGH = 900.0, 176.0
MOST_NAMED, GRID_LINES = 4, 4
STEPS = (1, 2, 4, 5, 6, 8)
LABEL_EVERY_MIN = {1: 15, 3: 30, 24: 240}
TABLE_ROWS = 7
NEAR_TOP, NAME_HIGH = 10.0, 13.0  # percent: a name above such a line would be cut; and how high a name is


@dataclass(frozen=True)
class Line:
    """One queue over the window, or the sum of several.

    Attributes:
        tone: bad, held, or soft for what needs nobody.
        dash: 0 for an unbroken line; lines of one tone differ by it.
        points: The pieces of the line: it breaks where nobody looked.
        top: Height of its last point, in percent from the top.
        label_dy: How far from there its name stands, so that no two names overlap.
        values: What waited; None where nobody looked.
    """

    name: str
    tone: str
    dash: int
    points: list[str]
    now: int
    top: float
    label_dy: int
    values: Sequence[float | None]


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
    rows: list[tuple[str, list[int | None]]]


def chart_of(
    history: Mapping[str, Sequence[float | None]], tones: Mapping[str, str], start: datetime, end: datetime, hours: int,
    paused: Mapping[str, datetime],
) -> WaitingChart | None:  # fmt: skip
    """Return the chart; None while there are no two points to join.

    Args:
        history: Jobs waiting by queue, oldest first, at even distances from `start` to `end`; None where nobody looked.
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
        series[plural_others(len(rest), is_rest=bool(named))] = _together(rest)
    if all(value is None for points in series.values() for value in points):
        return None
    top = nice_top(max(value for points in series.values() for value in points if value is not None))
    drawn = [_line(name, points, tones.get(name, "soft"), top) for name, points in series.items()]
    # The most urgent line is drawn last, over the others.
    lines = list(reversed(_told_apart(drawn)))
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


def _together(rest: Sequence[Sequence[float | None]]) -> list[float | None]:
    """Add lines up; where nobody looked at any, there is no sum."""
    return [
        sum(value for value in one if value is not None) if any(value is not None for value in one) else None
        for one in zip(*rest, strict=True)
    ]


def _line(name: str, values: Sequence[float | None], tone: str, top: int) -> Line:
    now = values[-1] or 0
    return Line(name, tone, 0, _pieces(values, top), round(now), round(100 - now / top * 100, 1), 0, values)


def _pieces(values: Sequence[float | None], top: int) -> list[str]:
    """Return the points of each stretch that somebody looked at; a lone point is drawn as a short stroke."""
    step = WIDE / (len(values) - 1)
    pieces: list[list[str]] = [[]]
    for i, value in enumerate(values):
        if value is None:
            pieces.append([])
        else:
            pieces[-1].append(f"{round(i * step, 1):g},{round(HIGH - value / top * HIGH, 1):g}")
    return [" ".join(piece if len(piece) > 1 else piece * 2) for piece in pieces if piece]


def _told_apart(lines: list[Line]) -> list[Line]:
    """Give lines of one tone a dash each, and names that would stand on each other a place of their own."""
    seen: Counter[str] = Counter()
    placed: dict[int, int] = {}
    taken: list[float] = []
    for i in sorted(range(len(lines)), key=lambda i: lines[i].top):
        if lines[i].tone != "soft" and lines[i].now:
            wanted = lines[i].top / 100 * HIGH + (12 if lines[i].top < NEAR_TOP else -6)
            at = max(wanted, taken[-1] + NAME_HIGH) if taken else wanted
            taken.append(at)
            placed[i] = round(at - lines[i].top / 100 * HIGH)
    found = []
    for i, line in enumerate(lines):
        found.append(replace(line, dash=seen[line.tone], label_dy=placed.get(i, 0)))
        seen[line.tone] += 1
    return found


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


def _rows(lines: list[Line], start: datetime, end: datetime) -> list[tuple[str, list[int | None]]]:
    zone = zone_info(reader_zone())
    length = len(lines[0].values)
    places = sorted({round(i * (length - 1) / (TABLE_ROWS - 1)) for i in range(TABLE_ROWS)})
    spread = (end - start) / (length - 1)
    ordered = list(reversed(lines))
    return [
        (
            f"{(start + spread * place).astimezone(zone):%H:%M}",
            [None if (value := line.values[place]) is None else round(value) for line in ordered],
        )
        for place in places
    ]


def _told(lines: list[Line], start: datetime, end: datetime) -> str:
    firsts = {line.name: next((value for value in line.values if value is not None), 0) for line in lines}
    parts = "; ".join(f"{line.name} from {round(firsts[line.name])} to {line.now}" for line in reversed(lines))
    return f"Waiting jobs, {start:%H:%M} to {end:%H:%M}. {parts}."
