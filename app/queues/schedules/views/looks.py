"""How schedules look: tones, words, the sentence at the head."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.core.jobs import JobState
from app.core.present import format_duration, plural
from app.queues.schedules.models import Outcome, ScheduleRun
from app.queues.schedules.reads import Line
from app.queues.schedules.watch import Liveness

# State → tone, icon, word.
STATES = {
    "on": ("good", None, "On time"), "paused": ("held", "pause", "Paused"), "overdue": ("warn", "clock", "Overdue"),
    "failed": ("bad", None, "Last run failed"), "missed": ("warn", None, "Missed"),
    "unknown": ("idle", "circle-slash", "Unknown job"), "unseen": ("warn", "circle-dashed", "–"),
}  # fmt: skip
JOBS = {
    JobState.QUEUED: ("idle", "clock", "waiting"), JobState.RUNNING: ("run", None, "running"),
    JobState.DONE: ("good", None, "done"), JobState.FAILED: ("bad", None, "failed"),
    JobState.CANCELLED: ("idle", "x", "cancelled"), JobState.DISCARDED: ("idle", "trash-2", "discarded"),
}  # fmt: skip
OUTCOMES = {
    Outcome.FIRED: ("good", "check", "ran"), Outcome.MISSED: ("warn", None, "missed"),
    Outcome.SKIPPED: ("held", "arrow-right", "skipped"),
}  # fmt: skip
SHORT_S = 10
GRACES = (
    ("0", "Never: it is missed"), ("300", "Up to 5 minutes late"), ("600", "Up to 10 minutes late"),
    ("3600", "Up to an hour late"), ("21600", "Up to 6 hours late"), ("43200", "Up to 12 hours late"),
    ("86400", "Up to a day late"),
)  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """The sentence at the head; `name` stands in front of it."""

    tone: str
    text: str
    at: datetime | None = None
    line: Line | None = None


def look_of(line: Line) -> tuple[str, str | None, str]:
    """Return a schedule's tone, icon and word."""
    tone, icon, word = STATES[line.state]
    if line.state == "failed" and line.failed:
        word = f"Failed for {plural(line.failed, 'company', 'companies')}"
    if line.state == "missed":
        word = f"Missed {line.missed}× in 24 h"
    return tone, icon, word


def job_look(state: JobState) -> tuple[str, str | None, str]:
    """Return a job's tone, icon and word."""
    return JOBS[state]


def run_look(run: ScheduleRun) -> tuple[str, str | None, str]:
    """Return the tone, icon and word of what became of one time."""
    tone, icon, word = OUTCOMES[Outcome(run.outcome)]
    if run.is_by_hand:
        return tone, "play", "by hand"
    return tone, icon, word if run.times == 1 else f"{word} {run.times}×"


def ran(line: Line) -> str:
    """Return how long the last run took, in words; "" before it began."""
    return "" if line.ran_s is None else seconds(line.ran_s)


def seconds(span_s: float) -> str:
    """Return a span in words, with a tenth where it is short: `0.4 s`, `12 s`, `3 min`."""
    return f"{span_s:.1f} s" if span_s < SHORT_S else format_duration(span_s)


def grace_words(grace_s: int) -> str:
    """Return what becomes of a time that nobody looked at."""
    return "is missed when it is late" if grace_s == 0 else f"still runs when up to {format_duration(grace_s)} late"


def verdict_of(lines: Sequence[Line], clockwork: Liveness, *, is_on: bool) -> Verdict:
    """Return the one sentence on all schedules: the worst first."""
    if not is_on:
        return Verdict("idle", "Jobs are switched off here, so nothing that is scheduled runs.")
    if clockwork.is_silent:
        return silent_verdict(clockwork)
    for state, tone, one, many in (
        ("overdue", "warn", "is overdue: it should have run at", "are overdue; the first is"),
        ("failed", "bad", "failed the last time it ran.", "failed the last time they ran; one is"),
        ("missed", "warn", "missed its time in the last 24 h.", "missed their time in the last 24 h; one is"),
    ):
        found = [line for line in lines if line.state == state]
        if found:
            at = found[0].row.next_at if state == "overdue" and len(found) == 1 else None
            text = one if len(found) == 1 else f"{len(found)} schedules {many}"
            return Verdict(tone, text, at, found[0])
    unseen = [line for line in lines if line.state == "unseen"]
    if unseen:
        text = "should have run, and nobody looks at the clock just now. It was due at"
        return Verdict("warn", text, unseen[0].row.next_at, unseen[0])
    running = [line for line in lines if line.state == "on"]
    if not running:
        return Verdict("idle", "Nothing is scheduled to run.")
    return Verdict("good", "Everything runs on time. Next is", running[0].row.next_at, running[0])


def verdict_on(line: Line, clockwork: Liveness) -> Verdict:
    """Return the one sentence on one schedule."""
    row = line.row
    if clockwork.is_silent and line.state not in {"paused", "unknown"}:
        return silent_verdict(clockwork)
    match line.state:
        case "unknown":
            return Verdict("idle", f"Nothing here knows the job {row.job}, so it does not fire.")
        case "paused":
            because = f": {row.paused_reason}" if row.paused_reason else "."
            return Verdict("held", f"It is paused{because}")
        case "unseen":
            return Verdict("warn", "Nobody looks at the clock just now. It should have run at", row.next_at)
        case "overdue":
            return Verdict("warn", "It is overdue: it should have run at", row.next_at)
        case "failed" if line.failed:
            return Verdict("bad", f"Its last run failed for {plural(line.failed, 'company', 'companies')}.")
        case "failed":
            return Verdict("bad", "Its last run failed.")
        case "missed":
            return Verdict("warn", f"It missed its time {plural(line.missed, 'time')} in the last 24 h.")
    return Verdict("good", "It runs on time. Next:", row.next_at)


def silent_verdict(clockwork: Liveness) -> Verdict:
    """Return the alarm: nobody looks at the clock."""
    if clockwork.last_tick_at is None:
        return Verdict("bad", "Nobody has looked at the clock yet, so nothing runs. Start the relay, or flask beat.")
    return Verdict("bad", "Nobody looks at the clock, so nothing runs. The last look was", clockwork.last_tick_at)
