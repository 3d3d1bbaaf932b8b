"""Spans of time that figures are read over, each with the one before it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core import clock
from app.core.errors import InvalidInput

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True)
class Span:
    """A span: `start` belongs to it, `end` does not.

    Attributes:
        before_start: Of the span before, which ends at `start`.
        step_s: How long a point of its curves stands for.
    """

    start: datetime
    end: datetime
    before_start: datetime
    step_s: int

    @property
    def is_short(self) -> bool:
        """Whether it is read by the minute; longer ones are read by the hour, which are kept longer."""
        return self.step_s < HOUR.total_seconds()

    @property
    def table(self) -> str:
        """Where its figures stand."""
        return "query_minutes" if self.is_short else "query_hours"

    @property
    def steps(self) -> int:
        """How many points its curves have."""
        return -int((self.start - self.end).total_seconds() // self.step_s)

    def step_of(self, at: datetime) -> int:
        """Return which point an instant belongs to; negative in the span before."""
        return int((at - self.start).total_seconds() // self.step_s)


WINDOWS = {"1h": (HOUR, 120), "24h": (24 * HOUR, 3600), "7d": (7 * 24 * HOUR, 6 * 3600)}


def span_of(window: str, now: datetime | None = None) -> Span:
    """Return the span that ends now: full minutes of the last hour, or full hours, and what has begun.

    Args:
        window: `1h`, `24h` or `7d`.
        now: Its end; None for this instant.

    Raises:
        InvalidInput: It is none of these.
    """
    if window not in WINDOWS:
        raise InvalidInput(errors=[{"field": "window", "message": "Choose 1h, 24h or 7d."}])
    length, step_s = WINDOWS[window]
    end = now or clock.now()
    start = (end - length).replace(second=0, microsecond=0)
    if length > HOUR:
        start = start.replace(minute=0)
    return Span(start, end, start - length, step_s)
