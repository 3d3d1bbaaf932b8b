"""How workers look: tones, words, the sentence at the head."""

from dataclasses import dataclass

from app.core.present import format_duration, plural
from app.queues.workers.model import Snapshot, WorkerFacts, WorkerState
from app.queues.workers.schemas import instant
from app.queues.workers.watch import STALE_S

STATES = {
    WorkerState.ONLINE: ("good", None, "Online"), WorkerState.STOPPING: ("held", "log-out", "Stopping"),
    WorkerState.UNANSWERING: ("warn", None, "Does not answer"), WorkerState.SILENT: ("bad", "wifi-off", "Silent"),
}  # fmt: skip
SHORT_S = 10
OUTCOMES = {
    "done": ("good", None, "Done"), "refused": ("bad", None, "Refused"), "unknown": ("warn", "circle-dashed", "Unknown"),
}  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """The sentence at the head."""

    tone: str
    text: str


def look_of(one: WorkerFacts) -> tuple[str, str | None, str]:
    """Return a worker's tone, icon and word."""
    if one.state is WorkerState.ONLINE and not one.slots:
        return "bad", "triangle-alert", "No slot"
    return STATES[one.state]


def note_of(one: WorkerFacts) -> str:
    """Return what else is to be said of its state; "" for nothing."""
    if one.state is WorkerState.ONLINE and one.misses:
        return f"missed {plural(one.misses, 'question')}"
    if one.state is WorkerState.UNANSWERING:
        return "its processes are alive"
    return ""


def slots_of(one: WorkerFacts) -> str:
    """Return how many of its slots are busy."""
    scaled = f", {one.scale[0]} to {one.scale[1]}" if one.scale else ""
    return f"{len(one.running)} of {one.slots}{scaled}"


def seconds(span_s: float) -> str:
    """Return a span in words, with a tenth where it is short: `0.4 s`, `12 s`, `3 min`."""
    return f"{span_s:.1f} s" if span_s < SHORT_S else format_duration(span_s)


def verdict_of(known: Snapshot | None, age_s: float | None) -> Verdict:
    """Return the one sentence on all workers: the worst first."""
    if known is None or age_s is None:
        return Verdict("idle", "Nobody has asked the workers yet. The relay does, every few seconds.")
    if age_s > STALE_S:
        return Verdict("warn", f"This is {format_duration(age_s)} old: the relay, which asks the workers, does not.")
    if not known.workers:
        return Verdict("bad", "There is no worker: jobs wait in their queues.")
    silent = [one for one in known.workers if one.state is WorkerState.SILENT]
    if len(silent) == len(known.workers):
        return Verdict("bad", "No worker answers: jobs wait in their queues.")
    if silent:
        return Verdict("bad", f"{_named(silent)} silent; {plural(len(known.workers) - len(silent), 'worker')} online.")
    mute = [one for one in known.workers if one.state is WorkerState.UNANSWERING]
    if mute:
        verb = "does" if len(mute) == 1 else "do"
        return Verdict("warn", f"{_subject(mute)} {verb} not answer, and runs jobs: its processes are alive.")
    busy, slots = sum(len(one.running) for one in known.workers), sum(one.slots for one in known.workers)
    if not slots:
        return Verdict("bad", "No worker has a slot: they take jobs and run none. Grow a pool, or start a worker.")
    return Verdict("good", f"{plural(len(known.workers), 'worker')} online, {busy} of {plural(slots, 'slot')} busy.")


def verdict_on(one: WorkerFacts) -> Verdict:
    """Return the one sentence on one worker."""
    match one.state:
        case WorkerState.SILENT:
            return Verdict("bad", "It is silent: it does not answer, and none of its processes is heard of.")
        case WorkerState.UNANSWERING:
            return Verdict("warn", "It does not answer, but its processes are alive: its jobs go on.")
        case WorkerState.STOPPING:
            return Verdict("held", f"It is stopping, with {plural(len(one.running), 'job')} left to end.")
    if not one.slots:
        return Verdict("bad", "It is online without a slot: it takes jobs and runs none. Grow its pool.")
    return Verdict("good", f"It is online, {slots_of(one)} slots busy.")


def _named(found: list[WorkerFacts]) -> str:
    return f"{_subject(found)} {'is' if len(found) == 1 else 'are'}"


def _subject(found: list[WorkerFacts]) -> str:
    return found[0].node if len(found) == 1 else plural(len(found), "worker")


__all__ = ["OUTCOMES", "instant", "look_of", "note_of", "seconds", "slots_of", "verdict_of", "verdict_on"]
