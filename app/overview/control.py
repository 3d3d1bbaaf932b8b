"""Flags and breakers on the overview, for platform admins: what is open or held, and who switched what."""

from dataclasses import dataclass
from datetime import datetime

from flask import url_for

from app.breakers.registry import breakers
from app.breakers.states import State
from app.core.auth import can
from app.core.installation import installation, installation_id
from app.flags.rollouts import reads as rollouts
from app.overview import reads
from app.overview.changes import Told
from app.overview.needs import Need
from app.overview.reads import Change

SHUT = {State.OPEN: "open", State.HALF_OPEN: "half open", State.FORCED_OPEN: "held open"}
TYPES = {
    "flags": ("flag.changed", "flag.created", "flag.archived", "rollout.held", "rollout.rolled-back", "rollout.ended"),
    "breakers": ("breaker.transitioned", "breaker.forced", "breaker.released"),
}
ACTS = {
    "enabled": "switched on", "disabled": "switched off", "share-set": "has another share", "rules-set": "has other rules",
    "split-set": "is split otherwise", "prerequisites-set": "waits for other flags", "reverted": "was taken back a change",
    "allowed": "has a longer allow list", "blocked": "has a longer block list", "rollout-step": "went a step",
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """What a fact of control is told as."""

    text: str
    icon: str
    href: str


def shut_breakers() -> list[Need]:
    """Return the breakers that do not let every call through, as this process knows them: no question is asked."""
    if not can("breakers:read"):
        return []
    return [
        Need(
            "bad" if one.state is not State.HALF_OPEN else "warn", "Open", f"Breaker {one.name} is {SHUT[one.state]}",
            "Its callers are refused and told when to come back", "everyone who needs it", None, f"/breakers/{one.name}",
            f"breaker {one.name} is {SHUT[one.state]}",
        )
        for one in breakers()
        if one.state in SHUT
    ]  # fmt: skip


def held_rollouts() -> list[Need]:
    """Return the rollouts that wait for their guards, or for a person."""
    if not can("flags:write"):
        return []
    with installation():
        held = rollouts.held_rollouts()
    return [
        Need(
            "warn", "Held", f"The rollout of {row.flag_key} is held", row.verdict.get("reason", ""), row.environment,
            row.held_since, url_for("flags.show_flag", key=row.flag_key), f"the rollout of {row.flag_key} is held",
        )
        for row in held
    ]  # fmt: skip


def control_changes(since: datetime) -> list[Told]:
    """Return who switched which flag, and which breaker opened or closed."""
    if not can("breakers:read"):
        return []
    with installation():
        newest = reads.recent_changes(installation_id(), TYPES, since)
    return [told for told in map(tell, newest) if told is not None]


def tell(change: Change) -> Told | None:
    """Return how a fact is told; None when it is no news after all."""
    line = _of_breaker(change) if change.type.startswith("breaker.") else _of_flag(change)
    return Told(change.at, line.text, line.icon, change.actor, line.href) if line else None


def _of_breaker(change: Change) -> Line | None:
    name, to = change.data.get("name"), str(change.data.get("to", ""))
    href = f"/breakers/{name}"
    match change.type, to:
        case "breaker.transitioned", "OPEN":
            return Line(f"Breaker {name} opened", "octagon-alert", href)
        case "breaker.transitioned", "CLOSED":
            return Line(f"Breaker {name} closed", "circle-check", href)
        case "breaker.forced", _:
            return Line(f"Breaker {name} is held {to.replace('_', ' ').lower()}", "hand", href)
        case "breaker.released", _:
            return Line(f"Breaker {name} decides by itself again", "circle-check", href)
    return None


def _of_flag(change: Change) -> Line | None:
    key, where = change.data.get("key"), change.data.get("environment")
    place = f" in {where}" if where else ""
    href = f"/flags/{key}"
    match change.type:
        case "flag.created":
            return Line(f"Flag {key} was made", "flag", href)
        case "flag.archived":
            return Line(f"Flag {key} was archived", "flag", "/flags")
        case "flag.changed":
            return Line(f"Flag {key} {ACTS.get(str(change.data.get('act')), 'was changed')}{place}", "flag", href)
        case "rollout.held":
            return Line(f"The rollout of {key} is held{place}", "hand", href)
        case "rollout.rolled-back":
            return Line(f"The rollout of {key} went back{place}", "rotate-ccw", href)
        case "rollout.ended":
            return Line(f"The rollout of {key} is {change.data.get('state')}{place}", "circle-check", href)
    return None


__all__ = ["control_changes", "held_rollouts", "shut_breakers"]
