"""What a queue's page says in words: how it is and why, and when it will be empty."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.core.present import format_duration, plural
from app.queues.figures.queues import QueueFigures, figures_age_s
from app.queues.figures.verdict import STALE_S, verdict
from app.queues.views import looks, wording
from app.queues.views.held import HeldView

MANY_MINUTES = 7 * 24 * 60


@dataclass(frozen=True)
class Verdict:
    """One sentence in its tone; the queue's name goes before it."""

    tone: str
    text: str
    name: str = ""


def verdict_of(found: Sequence[QueueFigures]) -> Verdict:
    """Return the sentence over all queues, its name apart when it begins with one."""
    text = verdict(found)
    age_s = figures_age_s(list(found))
    if age_s is None or age_s > STALE_S:
        return Verdict("warn", text)
    worst = found[0]
    tone = {"behind": "bad", "held": "held"}.get(worst.state, "good")
    named = worst.state == "behind" and text.startswith(f"{worst.name} ")
    return Verdict(tone, text.removeprefix(f"{worst.name} ") if named else text, worst.name if named else "")


def verdict_on(one: QueueFigures, paused: Sequence[HeldView], now: datetime) -> Verdict:
    """Return the sentence on one queue, its name left out."""
    waits = plural(one.waiting, "job waits", "jobs wait")
    pause = looks.pause_of(one, paused)
    if pause is not None:
        end = f"until {wording.until(pause.until, now)}" if pause.until else "until somebody resumes"
        why = f": “{pause.reason}”" if pause.reason else ""
        return Verdict("held", f"is paused by {pause.by} {end}{why}. {waits}.")
    apart = f" {held_on(one, paused)}" if one.held_waiting else ""
    if one.hold is not None and apart:
        return Verdict("held", f"is held on purpose: nothing else waits.{apart}")
    if one.hold is not None:
        return Verdict(
            "held", f"is {looks.held_word(one.hold, now)[:1].lower()}{looks.held_word(one.hold, now)[1:]}. {waits}."
        )
    if one.state == "unknown":
        ago = f"{format_duration((now - one.sampled_at).total_seconds())} ago" if one.sampled_at else "never"
        return Verdict("warn", f"was last looked at {ago}, so what waits now is unknown.")
    if one.state == "behind":
        pace = f"{wording.pace(one.in_per_min)} arrive a minute, {wording.pace(one.out_per_min)} finish"
        late = wording.span(one.oldest_s)
        return Verdict(
            "bad",
            f"is behind: its oldest job has waited {late}, the target is {wording.target(one.target_s)}; {pace}.{apart}",
        )
    if one.state == "idle":
        return Verdict("idle", "is idle: nothing waits and nothing runs.")
    runs = plural(one.running, "runs", "run")
    return Verdict("good", f"keeps its target of {wording.target(one.target_s)}: {waits}, {runs}.{apart}")


def held_on(one: QueueFigures, paused: Sequence[HeldView]) -> str:
    """Return what is held apart, and why: `12 held: inventory.export paused by Pat.`"""
    people = {pause.id: pause for pause in paused}
    reasons: dict[str, None] = {}
    for part in one.held:
        pause = people.get(part.hold.about)
        if pause is not None:
            reasons[f"{pause.label} paused by {pause.by}"] = None
        else:
            reasons[f"{part.kind.name} {part.hold.reason[:1].lower()}{part.hold.reason[1:]}"] = None
    return f"{one.held_waiting} held: {', '.join(reasons)}."


def drain_on(one: QueueFigures) -> str:
    """Return when a queue will be empty, in a sentence."""
    net = one.out_per_min - one.in_per_min
    if not one.waiting:
        return "Nothing waits."
    if one.hold is not None:
        return f"Nothing leaves while it is held; {wording.pace(one.in_per_min)} arrive a minute."
    if one.drain_min is None:
        grows = f"it grows by {wording.pace(-net)} a minute" if net < 0 else "it stays as long as it is"
        return f"Not at this pace: {grows}."
    if one.drain_min > MANY_MINUTES:
        return "In more than a week at this pace."
    return f"In about {format_duration(max(one.drain_min * 60, 1))} at this pace."
