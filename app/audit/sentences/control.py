"""Flags, rollouts and breakers."""

from typing import Any

from app.audit.sentences.words import Data, count, listed, says

LISTS = {"allow": "the allow list", "block": "the block list"}
FORCES = {
    "FORCED_OPEN": "forced breaker {} open",
    "DISABLED": "forced breaker {} closed",
    "METRICS_ONLY": "let breaker {} watch only",
}


@says("flag.created")
def flag_created(data: Data) -> str:
    """A flag was made."""
    return f"created flag {data['key']}"


@says("flag.archived")
def flag_archived(data: Data) -> str:
    """A flag was put away."""
    return f"archived flag {data['key']}"


@says("flag.changed")
def flag_changed(data: Data) -> str:
    """One change of a flag: switched, raised, a list, or anything else by its fields."""
    where = f" in {data['environment']}" if data.get("environment") else ""
    changes = {name: pair_of(change) for name, change in (data.get("changes") or {}).items()}
    taken = "took back a change: " if str(data.get("act", "")).startswith("revert") else ""
    return f"{taken}{change_words(data['key'], changes, data.get('lists') or {})}{where}"


def change_words(key: str, changes: dict[str, tuple[Any, Any]], lists: Data) -> str:
    """Return a flag's change in words, the weightiest field first."""
    if "enabled" in changes:
        return f"switched {key} {'on' if changes['enabled'][1] else 'off'}"
    if "percentage" in changes and len(changes) == 1:
        before, after = (share(value) for value in changes["percentage"])
        return f"moved {key} from {before} to {after}"
    if lists and not changes:
        return listed([list_words(key, name, moved) for name, moved in lists.items()])
    return f"changed {key}: {listed(list(changes))}" if changes else f"changed {key}"


def list_words(key: str, name: str, moved: Data) -> str:
    """Return what came onto a list or left it."""
    added, removed = size(moved, "added"), size(moved, "removed")
    said = [f"put {ids(moved, 'added', added)} on"] if added else []
    said += [f"took {ids(moved, 'removed', removed)} off"] if removed else []
    return f"{' and '.join(said) or 'changed'} {LISTS.get(name, name)} of {key}"


def size(moved: Data, side: str) -> int:
    """Return how many moved; long lists are cut and carry their count."""
    return int(moved.get(f"{side}Count") or len(moved.get(side) or []))


def ids(moved: Data, side: str, many: int) -> str:
    """Return a few ids by name, many by their number."""
    named = [str(one) for one in moved.get(side) or []]
    return listed(named) if many <= 3 and len(named) == many else count(many, "target")  # noqa: PLR2004


@says("segment.changed", "segment.created", "segment.archived")
def segment_changed(data: Data) -> str:
    """A group of targets changed."""
    return f"changed segment {data['key']}"


@says("rollout.planned")
def rollout_planned(data: Data) -> str:
    """Somebody planned steps."""
    guards = f", guarded by {listed(data['guards'])}" if data.get("guards") else ""
    return f"planned {count(len(data['steps']), 'step')} for {data['key']} in {data['environment']}{guards}"


@says("rollout.stepped")
def rollout_stepped(data: Data) -> str:
    """A step took effect."""
    what = f"switched {data['key']} {'on' if data.get('enabled') else 'off'}"
    if data.get("percentage") is not None:
        what = f"moved {data['key']} to {percent(data['percentage'])}"
    return f"{what} in {data['environment']}, step {data['step']} of {data['of']}"


@says("rollout.held")
def rollout_held(data: Data) -> str:
    """The plan waits."""
    return f"held the rollout of {data['key']} in {data['environment']} at {percent(data['percentage'])}"


@says("rollout.resumed")
def rollout_resumed(data: Data) -> str:
    """The plan goes on."""
    return f"let the rollout of {data['key']} in {data['environment']} go on from {percent(data['percentage'])}"


@says("rollout.rolled-back")
def rollout_rolled_back(data: Data) -> str:
    """The share went back."""
    back = f"from {percent(data['percentage'])} to {percent(data['to'])}"
    return f"rolled {data['key']} back {back} in {data['environment']}"


@says("rollout.ended")
def rollout_ended(data: Data) -> str:
    """The plan is done, or was cancelled."""
    verb = "cancelled" if data["state"] == "cancelled" else "finished"
    return f"{verb} the rollout of {data['key']} in {data['environment']} at {percent(data['percentage'])}"


@says("breaker.transitioned")
def breaker_transitioned(data: Data) -> str:
    """A breaker opened, tried again, or closed."""
    here = f" in {data['process']} alone" if data.get("reach") == "process" else ""
    counted = f": {data['failures']} of {count(data['calls'], 'call')} failed" if data.get("failures") else ""
    return f"moved breaker {data['name']} from {state_words(data['from'])} to {state_words(data['to'])}{here}{counted}"


@says("breaker.forced")
def breaker_forced(data: Data) -> str:
    """A person decided for a breaker."""
    said = FORCES.get(data["to"], f"held breaker {{}} in {state_words(data['to'])}").format(data["name"])
    return f"{said} until {data['until']}" if data.get("until") else said


@says("breaker.released")
def breaker_released(data: Data) -> str:
    """A person let go."""
    return f"let breaker {data['name']} decide by itself again, after {state_words(data['from'])}"


@says("breaker.configured")
def breaker_configured(data: Data) -> str:
    """Limits of a breaker changed."""
    fields = list(data.get("changes") or {})
    return f"changed breaker {data['name']}" + (f": {listed(fields)}" if fields else "")


@says("breaker.reset")
def breaker_reset(data: Data) -> str:
    """A breaker began anew."""
    return f"reset breaker {data['name']}, which was {state_words(data['from'])}"


def state_words(state: Any) -> str:  # Any: text out of JSON
    """HALF_OPEN → half open."""
    return str(state).lower().replace("_", " ")


def percent(value: Any) -> str:  # Any: a number out of JSON
    """Return percent as people write them: 12.5 → `12.5 %`."""
    return f"{float(value):.3f}".rstrip("0").rstrip(".") + " %"


def pair_of(change: Any) -> tuple[Any, Any]:  # Any: JSON
    """Return (before, after) of a change, written as a pair or by name."""
    if isinstance(change, dict):
        return change.get("before"), change.get("after")
    return change[0], change[1]


def share(value: Any) -> str:  # Any: JSON
    """Return thousandths of a percent as people write them: 12500 → `12.5 %`."""
    return "none" if value is None else percent(int(value) / 1000)
