"""What a plan does next, from its state, the clock and the verdicts: no database, no surprises."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.flags.rollouts.verdict import Finding, Verdict


class State(StrEnum):
    """Where a plan stands. The last three are ends; a rolled back plan is armed again by hand only."""

    PLANNED = "planned"
    RUNNING = "running"
    HELD = "held"
    ROLLED_BACK = "rolled-back"
    DONE = "done"
    CANCELLED = "cancelled"


LIVE = (State.PLANNED, State.RUNNING, State.HELD)


class Move(StrEnum):
    """What to do now."""

    STAY = "stay"
    STEP = "step"
    HOLD = "hold"
    CLEAR = "clear"
    TROUBLED = "troubled"
    RESUME = "resume"
    ROLL_BACK = "roll-back"
    FINISH = "finish"


@dataclass(frozen=True, slots=True)
class Position:
    """A plan's place in time.

    Attributes:
        has_next: False once the last step took effect.
        next_at: When the next step is due, or when the last one has been watched long enough.
        clear_since: Held plans: since when every guard holds again; None while one does not.
        by_hand: Held by a person: only a person lets it go on.
    """

    state: State
    has_next: bool
    next_at: datetime | None
    clear_since: datetime | None = None
    by_hand: bool = False
    cooldown_s: int = 600


def decide(position: Position, verdicts: list[Verdict], now: datetime) -> Move:
    """Return the plan's next move. Harm by the variant comes first, then weather, then time."""
    is_due = position.next_at is not None and now >= position.next_at
    if position.state is State.PLANNED:
        return Move.STEP if is_due else Move.STAY
    findings = {verdict.finding for verdict in verdicts}
    if Finding.VARIANT in findings:
        return Move.ROLL_BACK
    is_troubled = bool(findings & {Finding.WEATHER, Finding.UNKNOWN})
    if position.state is State.HELD:
        return _held(position, now, is_troubled=is_troubled)
    if is_troubled:
        return Move.HOLD
    if is_due and Finding.WAITING not in findings:
        return Move.STEP if position.has_next else Move.FINISH
    return Move.STAY


def _held(position: Position, now: datetime, *, is_troubled: bool) -> Move:
    if position.by_hand:
        return Move.STAY
    if is_troubled:
        return Move.TROUBLED if position.clear_since is not None else Move.STAY
    if position.clear_since is None:
        return Move.CLEAR
    return Move.RESUME if now - position.clear_since >= timedelta(seconds=position.cooldown_s) else Move.STAY
