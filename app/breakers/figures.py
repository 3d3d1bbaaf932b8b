"""What one process counted for a breaker and has not handed over yet: by minute, and by who called."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from app.breakers.classify import FAILURE, SLOW
from app.core import process

MINUTE_S, MOST_CALLERS, MOST_MINUTES = 60, 500, 60


@dataclass(frozen=True, slots=True)
class Minute:
    """What one process adds to the history of a breaker.

    Attributes:
        at: The minute's first second since 1970.
        slow: Of the calls, failed or not.
        rejected: Not among the calls: they were not made.
    """

    name: str
    at: int
    calls: int
    failures: int
    slow: int
    rejected: int


def name_caller() -> str:
    """Return who calls now: an endpoint, a job's name, or the kind of process."""
    from flask import has_request_context, request

    if has_request_context():
        return request.endpoint or "unknown"
    from celery import current_task

    # A proxy of nothing outside a job.
    return str(getattr(current_task, "name", None) or process.kind())


caller: list[Callable[[], str]] = [name_caller]


class Figures:
    """Counts of one breaker; only touched under its lock."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.callers: Counter[str] = Counter()
        self._last_caller = "unknown"
        self._minutes: dict[int, list[int]] = {}

    def count(self, outcome: int) -> None:
        """Count one call that was looked at, and who made it."""
        self._count_caller()
        row = self._row()
        row[0] += 1
        row[1] += outcome & FAILURE
        row[2] += (outcome & SLOW) >> 1

    def count_successes(self, number: int) -> None:
        """Count quick successes, and put them down to the last caller seen: a sample of one in every 50 ms."""
        self._row()[0] += number
        self.callers[self._last_caller] += number

    def count_rejected(self) -> None:
        """Count a call that was not made, and who wanted to."""
        self._count_caller()
        self._row()[3] += 1

    def _count_caller(self) -> None:
        name = caller[0]()
        if name not in self.callers and len(self.callers) >= MOST_CALLERS:
            name = "others"  # so many names are no names
        self._last_caller = name
        self.callers[name] += 1

    def drain_minutes(self) -> list[Minute]:
        """Return and forget what was counted."""
        rows, self._minutes = self._minutes, {}
        return [Minute(self.name, at, *row) for at, row in sorted(rows.items())]

    def drain_callers(self) -> Counter[str]:
        """Return and forget who called."""
        found, self.callers = self.callers, Counter()
        return found

    def _row(self) -> list[int]:
        at = int(time.time()) // MINUTE_S * MINUTE_S
        row = self._minutes.get(at)
        if row is None:
            while len(self._minutes) >= MOST_MINUTES:  # nobody fetches them: keep the last hour
                del self._minutes[next(iter(self._minutes))]
            row = self._minutes[at] = [0, 0, 0, 0]
        return row
