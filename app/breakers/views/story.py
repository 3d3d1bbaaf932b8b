"""What a breaker did, as its log tells it."""

from dataclasses import dataclass
from datetime import datetime

from app.breakers.models import BreakerTransition
from app.breakers.states import FORCED, Reason, State

ICONS = {"bad": "octagon-alert", "warn": "circle-dot", "held": "hand", "good": "circle-check"}
FORCES = {
    State.FORCED_OPEN: "forced it open",
    State.DISABLED: "held it closed",
    State.METRICS_ONLY: "let it only measure",
}


@dataclass(frozen=True)
class Entry:
    """One line of the log."""

    at: datetime
    text: str
    tone: str
    note: str = ""

    @property
    def icon(self) -> str:
        """The mark beside it."""
        return ICONS[self.tone]


def story_of(rows: list[BreakerTransition]) -> list[Entry]:
    """Return a breaker's log, as it came."""
    return [_act(row) if row.actor else _change(row) for row in rows]


def _act(row: BreakerTransition) -> Entry:
    who = str(row.actor.get("name", "Somebody"))
    to, before = State[row.to_state], State[row.from_state]
    quoted = f"“{row.reason}”" if row.reason else ""
    if to in FORCED:
        return Entry(row.at, f"{who} {FORCES[to]}", "held", quoted)
    if before in FORCED:
        if row.actor.get("kind") == "system":
            return Entry(row.at, f"{row.reason}: it decides by itself again", "good")
        return Entry(row.at, f"{who} let go of it", "good", quoted)
    return Entry(row.at, f"{who} reset it", "good", quoted)


def _change(row: BreakerTransition) -> Entry:
    calls, failures, slow = (int(row.evidence.get(name, 0)) for name in ("calls", "failures", "slow"))
    alone = row.reach == "process"
    note = f"only in {row.process}, which decides alone" if alone else f"told by {row.process}" if row.process else ""
    state = State[row.to_state]
    if state is State.OPEN:
        texts: dict[Reason | None, str] = {
            Reason.FAILURE_RATE: f"Opened: {failures} of {calls} calls failed",
            Reason.SLOW_CALL_RATE: f"Opened: {slow} of {calls} calls were slow",
            Reason.PROBES_FAILED: f"Opened again: {failures} of {calls} tries failed",
            Reason.RETRY_AFTER: "Opened: it asked to be left alone for a while",
            Reason.HALF_OPEN_TOO_LONG: "Opened again: its tries did not come back in time",
        }
        error = f"{row.evidence['error']}; " if row.evidence.get("error") else ""
        return Entry(row.at, texts.get(_reason(row), "Opened"), "bad", error + note)
    if state is State.HALF_OPEN:
        return Entry(
            row.at, "Half open: tries are allowed" + ("" if alone else " in all processes together"), "warn", note
        )
    tried = f": {calls - failures} of {calls} tries were good" if _reason(row) is Reason.PROBES_PASSED else ""
    return Entry(row.at, f"Closed{tried}", "good", note)


def _reason(row: BreakerTransition) -> Reason | None:
    return Reason(row.reason) if row.reason in set(Reason) else None
