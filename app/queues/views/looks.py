"""What a queue's state looks like on its pages, in tone and word."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import url_for

from app.core.jobs.holds import Hold
from app.queues.figures.queues import QueueFigures
from app.queues.views import wording
from app.queues.views.held import HeldView

TONES = {"behind": "bad", "held": "held", "on_time": "good", "idle": "idle", "unknown": "idle"}
WORDS = {"behind": "Behind", "held": "Held", "on_time": "On time", "idle": "Idle", "unknown": "Unknown"}


@dataclass(frozen=True)
class Look:
    """A state in tone and word.

    Attributes:
        breaker: The breaker that holds it; empty when none does.
        flag: The flag that holds it; empty when none does.
    """

    tone: str
    word: str
    breaker: str = ""
    flag: str = ""


def look_of(one: QueueFigures, now: datetime) -> Look:
    """Return how a queue's state is shown."""
    hold = one.hold
    if hold is None:
        return Look(TONES[one.state], WORDS[one.state])
    # Only all of a queue is paused; where single names are, nothing else waits at this moment.
    word = "Held" if one.held_waiting and hold.kind == "pause" else held_word(hold, now)
    return Look(
        "held", word, hold.about if hold.kind == "breaker" else "",
        hold.about if hold.kind == "flag" else "",
    )  # fmt: skip


def held_word(hold: Hold, now: datetime) -> str:
    """Return why jobs wait, in the reader's time: `Paused to 13:00`, `Held by ai-service`."""
    if hold.kind == "pause":
        return f"Paused to {wording.until(hold.until, now)}" if hold.until else "Paused"
    return hold.reason


def bar_tone(one: QueueFigures, look: Look) -> str:
    """Return the colour of the bar of busy slots: red when it is full and behind, grey when nothing runs."""
    if look.tone == "bad" and one.running >= one.slots:
        return "bad"
    return "" if one.running else "idle"


def pause_of(one: QueueFigures, paused: Sequence[HeldView]) -> HeldView | None:
    """Return the pause of the queue itself."""
    return next((pause for pause in paused if (pause.kind, pause.value) == ("queue", one.name)), None)


def failed_href(queue: str, name: str | None = None) -> str:
    """Return where a queue's failed jobs are listed, or those of one name."""
    return url_for("jobs.list_jobs", state="failed", queue=queue, name=name)
