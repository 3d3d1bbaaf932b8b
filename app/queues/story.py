"""The log of a job: what it said, and what happened to it, on one line of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.core.jobs import Attempt
from app.queues.detail import JobDetail
from app.queues.timeline import name_of, span

LEVELS = {"debug": "", "info": "", "warning": "warn", "error": "bad"}
ICONS = {"debug": "circle-dot", "info": "info", "warning": "triangle-alert", "error": "octagon-alert"}
ENDS = {
    "done": ("good", "circle-check", "run: done"),
    "failed": ("bad", "octagon-alert", "run failed: {error}"),
    "lost": ("bad", "octagon-alert", "run: its worker was lost"),
    "cancelled": ("held", "hand", "run: stopped by somebody's wish"),
}


@dataclass(frozen=True)
class Entry:
    """One line of the log.

    Attributes:
        order: What decides between lines of one instant.
    """

    at: datetime
    order: tuple[int, int]
    text: str
    icon: str = "circle-dot"
    tone: str = ""
    note: str = ""


def story_of(detail: JobDetail) -> list[Entry]:
    """Return the log, newest first."""
    job = detail.job
    sent = Entry(job.created_at, (0, 0), f"Sent by {job.actor.get('name', 'somebody')}", "arrow-right", note=job.title)
    said = [
        Entry(
            line.at, (line.attempt, line.number), line.text, ICONS.get(line.level, "info"), LEVELS.get(line.level, "")
        )
        for line in detail.lines
    ]
    entries = [sent, *said, *(entry for run in detail.runs for entry in _entries_of(run))]
    return sorted(entries, key=lambda entry: (entry.at, entry.order), reverse=True)


def _entries_of(run: Attempt) -> Sequence[Entry]:
    where = f"Started by {run.worker}" if run.worker else "Started"
    about = ", ".join(
        part for part in (f"pid {run.pid}" if run.pid else "", f"release {run.release}" if run.release else "") if part
    )
    waited = f"waited {span(run.waited_ms / 1000)}"
    started = Entry(run.started_at, (run.number, 0), where, "play", "run", f"{waited}, {about}" if about else waited)
    if run.outcome == "refused":
        return [Entry(run.started_at, (run.number, 1), f"Not begun: {run.error}", "hand", "held", waited)]
    if run.ended_at is None or run.outcome is None:
        return [started]
    tone, icon, words = ENDS.get(run.outcome, ("", "circle-dot", f"run: {run.outcome}"))
    text = f"{name_of(run.number - 1)} {words.format(error=run.error)}"
    took = f"ran {span((run.ran_ms or 0) / 1000)}"
    return [started, Entry(run.ended_at, (run.number, 1_000_000), text, icon, tone, took)]
