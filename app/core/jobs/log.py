"""What a job says while it runs: kept by attempt, written in batches, a thousand lines at most."""

import threading
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from app.core import clock
from app.core.db import db
from app.core.jobs.ledger import touch
from app.core.jobs.model import Job, LogLine
from app.core.log_masks import MASK, SECRET_TEXT

MOST_LINES = 1000
LINE_LENGTH = 2000
EVERY_S = 0.5
LEVELS = ("debug", "info", "warning", "error")


@dataclass
class LogBuffer:
    """Lines said and not yet written. The job adds, the keeper of its lease writes."""

    job: Job
    said: int = 0
    lines: list[tuple[str, str, datetime]] = field(default_factory=list)
    _first: int | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, text: str, level: str) -> None:
        """Keep a line; beyond the thousandth they are only counted."""
        with self._lock:
            self.said += 1
            if self.said <= MOST_LINES:
                self.lines.append((SECRET_TEXT.sub(MASK, text)[:LINE_LENGTH], level, clock.now()))

    def write(self, *, is_last: bool = False) -> None:
        """Write what was said since the last time, inside the caller's transaction."""
        with self._lock:
            lines, self.lines = self.lines, []
        if is_last and self.said > MOST_LINES:
            cut = self.said - MOST_LINES
            lines.append((f"{cut} more {'line was' if cut == 1 else 'lines were'} cut.", "warning", clock.now()))
        if not lines:
            return
        number = self._next_number()
        db.session.execute(sa.insert(LogLine), [self._row(number + at, *line) for at, line in enumerate(lines)])
        self._first = number + len(lines)
        if not is_last:  # the end of the job is told anyway
            touch(self.job.id)

    def _next_number(self) -> int:
        """Return the next line's number: a run that a breaker refused may have left lines under this attempt."""
        if self._first is None:
            last = db.session.scalar(
                sa.select(sa.func.max(LogLine.number)).where(
                    LogLine.job_id == self.job.id, LogLine.attempt == self.job.attempts
                )
            )
            self._first = (last or 0) + 1
        return self._first

    def _row(self, number: int, text: str, level: str, at: datetime) -> dict[str, object]:
        job = self.job
        return {
            "company_id": job.company_id, "job_id": job.id, "attempt": job.attempts, "number": number, "text": text,
            "level": level, "at": at,
        }  # fmt: skip
