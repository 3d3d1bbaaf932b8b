"""Why a job waits, how it runs, or how it ended: in one sentence, with its tone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.jobs import Job, JobState
from app.core.jobs.ledger import lease_s
from app.core.jobs.rules import rules_of
from app.core.present import format_clock, format_duration, plural, reader_zone
from app.queues.detail import JobDetail
from app.queues.evidence import SILENT_AFTER_S
from app.queues.timeline import span

TIMES = {1: "once", 2: "twice"}


@dataclass(frozen=True)
class Verdict:
    """One sentence.

    Attributes:
        tone: good, warn, bad, held, idle.
        word: The state in a word or three, for the pill beside the heading.
    """

    tone: str
    icon: str
    word: str
    sentence: str


def verdict_on(detail: JobDetail, now: datetime) -> Verdict:
    """Return the verdict on a job."""
    match detail.job.state:
        case JobState.QUEUED:
            return _waiting(detail, now)
        case JobState.RUNNING:
            return _running(detail, now)
        case _:
            return _ended(detail)


def _waiting(detail: JobDetail, now: datetime) -> Verdict:
    job, living = detail.job, detail.living
    if living is not None and living.phase == "blocked":
        others = plural(len(detail.waits_for), "other job") if detail.waits_for else "other jobs"
        return Verdict("idle", "circle-dashed", "Waits for others", f"It waits for {others} to end first.")
    if detail.hold is not None:
        until = f" until {at(detail.hold.until)}" if detail.hold.until else ""
        pace = f" One is let through every {format_duration(detail.hold.pace_s)}." if detail.hold.pace_s else ""
        return Verdict("held", "hand", "Held", f"{detail.hold.reason}{until}: it is not released.{pace}")
    due_at = living.due_at if living is not None else now
    if job.attempts:
        failed = TIMES.get(job.attempts, f"{job.attempts} times")
        most = rules_of(job.name).most_attempts
        return Verdict(
            "warn", "rotate-ccw", f"Failed {failed}, tries again",
            f"Failed {failed}: {ended(job.error)} It is tried again {when(due_at, now)}; that is run {job.attempts + 1} "
            f"of at most {most}.",
        )  # fmt: skip
    if job.error and due_at > now:
        return Verdict("held", "hand", "Waits", f"{ended(job.error)} It is tried again {when(due_at, now)}.")
    if due_at > now and (living is None or living.phase == "waiting"):
        return Verdict(
            "idle", "calendar-clock", "For later", f"It is not to begin before {at(due_at)}, {when(due_at, now)}."
        )
    if living is not None and living.phase == "sent":
        return Verdict(
            "idle",
            "circle-dashed",
            "On its way",
            f"A slot of {job.queue} is free for it: it is on its way to a worker.",
        )
    waited = format_duration(max(0.0, (now - due_at).total_seconds()))
    return Verdict("idle", "circle-dashed", "Waiting", f"It has waited {waited} for a slot of {job.queue}.")


def _running(detail: JobDetail, now: datetime) -> Verdict:
    job = detail.job
    if job.lease_until is not None and job.lease_until < now:
        where = f" {job.worker}" if job.worker else ""
        return Verdict(
            "bad", "octagon-alert", "Worker silent",
            f"Its worker{where} says nothing any more, and its time is over: another worker is given the job.",
        )  # fmt: skip
    if job.cancel_requested:
        return Verdict("held", "hand", "Stopping", "Somebody asked it to stop: it does so at its next step.")
    since = job.started_at or job.created_at
    on = f" on {job.worker}" if job.worker else ""
    left = time_left(job, now)
    eta = f", about {format_duration(left)} to go" if left is not None else ""
    again = f" This is run {job.attempts}." if job.attempts > 1 else ""
    return Verdict("idle", "play", "Running", f"It runs{on} for {span((now - since).total_seconds())}{eta}.{again}")


def _ended(detail: JobDetail) -> Verdict:
    job = detail.job
    runs = TIMES.get(job.attempts, f"{job.attempts} times")
    match job.state:
        case JobState.DONE:
            took = (
                span((job.finished_at - job.started_at).total_seconds()) if job.finished_at and job.started_at else ""
            )
            again = f" at run {job.attempts}" if job.attempts > 1 else ""
            return Verdict("good", "circle-check", "Done", f"Done in {took}{again}." if took else "Done.")
        case JobState.FAILED:
            after = (
                f" It ran {runs} and is not tried again by itself."
                if job.attempts > 1
                else " It is not tried again by itself."
            )
            return Verdict("bad", "octagon-alert", "Failed", f"{ended(job.error)}{after}")
        case JobState.DISCARDED:
            return Verdict(
                "held",
                "x",
                "Discarded",
                f"Somebody gave it up: nothing more will be done. It had failed: {ended(job.error)}",
            )
        case _:
            why = f" {ended(job.error)}" if job.error else ""
            begun = f"It was stopped after it had run {runs}." if job.attempts else "It was cancelled before it began."
            return Verdict("held", "hand", "Cancelled", f"{begun}{why}")


def time_left(job: Job, now: datetime) -> float | None:
    """Return how many seconds a running job needs at its pace so far; None while that cannot be said."""
    if not job.total or not job.done or job.started_at is None or job.done >= job.total:
        return None
    return (now - job.started_at).total_seconds() / job.done * (job.total - job.done)


def ended(sentence: str) -> str:
    """Return somebody else's words as a sentence."""
    text = sentence.strip() or "No reason was kept"
    return text if text.endswith((".", "!", "?")) else f"{text}."


def at(instant: datetime) -> str:
    """Return an instant as the reader's clock shows it."""
    return format_clock(instant, reader_zone())


def when(instant: datetime, now: datetime) -> str:
    """Return how soon something is: `now`, `in 2 min`."""
    seconds = (instant - now).total_seconds()
    return f"in {format_duration(seconds)}" if seconds >= 1 else "now"


def wants_evidence(detail: JobDetail, now: datetime) -> bool:
    """Say whether somebody may ask where the job is: it waits, or its worker says nothing. Looking costs the broker."""
    job = detail.job
    last_sign = None if job.lease_until is None else job.lease_until - timedelta(seconds=lease_s())
    is_silent = last_sign is not None and (now - last_sign).total_seconds() >= SILENT_AFTER_S
    return job.state is JobState.QUEUED or (job.state is JobState.RUNNING and is_silent)
