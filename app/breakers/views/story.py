"""What a breaker did, as its log tells it."""

from dataclasses import dataclass
from datetime import datetime

from app.breakers.models import BreakerTransition
from app.breakers.states import FORCED, Reason, State
from app.core.present import plural

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
    """Return a breaker's log, as it came; what one process alone tried in vain, again and again, is one line."""
    more, folded = _fold(rows)
    return [
        _act(row) if row.actor else _change(row, more.get(place, 0))
        for place, row in enumerate(rows)
        if place not in folded
    ]


def _fold(rows: list[BreakerTransition]) -> tuple[dict[int, int], set[int]]:
    """Return where a line stands for failed tries after it, and how many; and the rows it stands for.

    Args:
        rows: Newest first, so a process's tries come before the opening they belong to.
    """
    more: dict[int, int] = {}
    folded: set[int] = set()
    tries: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        if row.actor or row.reach != "process":
            continue
        run = tries.setdefault(row.process, [])
        if _is_try(row):
            run.append(place)
            continue
        if row.to_state == State.OPEN.name:
            _stand_for(place, run, rows, more, folded)
        tries[row.process] = []
    for run in tries.values():  # what they belong to is on an older page
        opened = [place for place in run if rows[place].to_state == State.OPEN.name]
        if opened:
            _stand_for(opened[-1], [place for place in run if place != opened[-1]], rows, more, folded)
    return more, folded


def _is_try(row: BreakerTransition) -> bool:
    """Say whether a row tells of a try: that one may be made, or that it failed."""
    again = {Reason.PROBES_FAILED.value, Reason.HALF_OPEN_TOO_LONG.value}
    return row.to_state == State.HALF_OPEN.name or (row.to_state == State.OPEN.name and row.reason in again)


def _stand_for(
    place: int, run: list[int], rows: list[BreakerTransition], more: dict[int, int], folded: set[int]
) -> None:
    failed = sum(rows[one].to_state == State.OPEN.name for one in run)
    if failed:
        more[place] = failed
        folded.update(run)


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


def _change(row: BreakerTransition, more: int = 0) -> Entry:
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
        then = f", and {plural(more, 'try', 'tries')} more in vain" if more else ""
        return Entry(row.at, texts.get(_reason(row), "Opened") + then, "bad", error + note)
    if state is State.HALF_OPEN:
        return Entry(
            row.at, "Half open: tries are allowed" + ("" if alone else " in all processes together"), "warn", note
        )
    tried = f": {calls - failures} of {calls} tries were good" if _reason(row) is Reason.PROBES_PASSED else ""
    return Entry(row.at, f"Closed{tried}", "good", note)


def _reason(row: BreakerTransition) -> Reason | None:
    return Reason(row.reason) if row.reason in set(Reason) else None
