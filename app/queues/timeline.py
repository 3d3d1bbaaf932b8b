"""The runs of a job on one scale of time: how long it waited before each, and how long each ran."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.jobs import Attempt, JobState
from app.core.present import format_duration
from app.queues.detail import JobDetail

WIDTH = 1070.0
THINNEST = 4.0  # a run of milliseconds beside hours of waiting is still seen
ORDINALS = ("First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth")
LOOKS = {"done": "ran", "failed": "failed", "lost": "failed", "cancelled": "ran", None: "ran"}
WORDS = {"done": "done", "failed": "failed", "lost": "its worker was lost", "cancelled": "cancelled"}
MINUTE_S = 60


@dataclass(frozen=True)
class Bar:
    """A piece of a strip: wait, ran or failed."""

    look: str
    x: float
    width: float


@dataclass(frozen=True)
class Strip:
    """One run, or the one to come.

    Attributes:
        label: First, second, …
        text: What the bars say, in words.
        due_at: Set for the one to come.
    """

    label: str
    bars: Sequence[Bar]
    text: str
    due_at: datetime | None = None


@dataclass(frozen=True)
class Timeline:
    """All strips, and the ends of their scale."""

    strips: Sequence[Strip]
    start: datetime
    end: datetime


def draw_timeline(detail: JobDetail, now: datetime) -> Timeline | None:
    """Return the strips; None for a job that has not run and has no time to run at."""
    runs = [run for run in detail.runs if run.outcome != "refused"]
    coming = _coming(detail, now)
    if not runs and coming is None:
        return None
    first_wait = timedelta(milliseconds=runs[0].waited_ms) if runs else timedelta()
    start = min([runs[0].started_at - first_wait] if runs else [now, detail.job.created_at])
    ends = [run.ended_at or now for run in runs] + ([coming] if coming else [])
    end = max([*ends, start + timedelta(milliseconds=1)])
    scale = Scale(start, end)
    strips, free_at = [], start
    for number, run in enumerate(runs):
        strips.append(_strip(number, run, free_at, now, scale))
        free_at = run.ended_at or now
    if coming is not None:
        strips.append(Strip(name_of(len(runs)), [scale.bar("wait", free_at, coming)], "", coming))
    return Timeline(strips, start, end)


def name_of(number: int) -> str:
    """Return first, second, …; beyond the tenth its number."""
    return ORDINALS[number] if number < len(ORDINALS) else f"{number + 1}."


@dataclass(frozen=True)
class Scale:
    """From instants to the width of the drawing."""

    start: datetime
    end: datetime

    def bar(self, look: str, since: datetime, until: datetime) -> Bar:
        """Return a piece from one instant to another."""
        whole = (self.end - self.start).total_seconds()
        x = WIDTH * min(max((since - self.start).total_seconds() / whole, 0), 1)
        width = WIDTH * max((until - since).total_seconds(), 0) / whole
        if look != "wait":
            width = max(width, THINNEST)
        x = min(x, WIDTH - width)
        return Bar(look, round(max(x, 0), 1), round(min(width, WIDTH), 1))


def _strip(number: int, run: Attempt, free_at: datetime, now: datetime, scale: Scale) -> Strip:
    ended_at = run.ended_at or now
    bars = [
        scale.bar("wait", free_at, run.started_at),
        scale.bar(LOOKS.get(run.outcome, "ran"), run.started_at, ended_at),
    ]
    waited, ran = span(run.waited_ms / 1000), span((ended_at - run.started_at).total_seconds())
    if run.outcome is None:
        return Strip(name_of(number), bars, f"waited {waited}, runs for {ran}")
    ending = "" if run.outcome == "done" else f", {WORDS.get(run.outcome, run.outcome)}"
    return Strip(name_of(number), bars, f"waited {waited}, ran {ran}{ending}")


def _coming(detail: JobDetail, now: datetime) -> datetime | None:
    """Return when the next run may begin, as far as time alone decides."""
    living = detail.living
    if detail.job.state is not JobState.QUEUED or living is None or living.phase not in {"waiting", "sent"}:
        return None
    return max(living.due_at if living.phase == "waiting" else now, now)


def span(seconds: float) -> str:
    """Return a span with tenths below a minute: `0.4 s`, `30.0 s`, `13 min`."""
    return f"{seconds:.1f} s" if seconds < MINUTE_S else format_duration(seconds)
