"""What the leading relay does every second: steps that are due, guards that tripped."""

import sqlalchemy as sa
import structlog

from app.core import clock
from app.core.db import db, transaction
from app.core.installation import installation
from app.core.tenancy import current_company_id
from app.flags.models import FlagRollout
from app.flags.rollouts import service
from app.flags.rollouts.decision import LIVE, Move, Position, State, decide
from app.flags.rollouts.plan import Guard
from app.flags.rollouts.readings import read_guards
from app.flags.rollouts.verdict import Finding, Verdict, judge

log = structlog.get_logger(__name__)
EVERY_S = 1.0


def keep_rollouts() -> None:
    """Look at every plan that is not over; one that fails does not stop the others."""
    with installation():
        ids = db.session.scalars(sa.select(FlagRollout.id).where(FlagRollout.state.in_(LIVE))).all()
    for rollout_id in ids:
        try:
            with installation():
                look_at(rollout_id)
        except Exception:  # the next look is a second away
            log.exception("rollout not kept", rollout=rollout_id)


def look_at(rollout_id: str) -> Move:
    """Read a plan's guards, outside any transaction, then move it; return what was done."""
    row = db.session.get_one(FlagRollout, (current_company_id(), rollout_id))
    guards = [Guard.model_validate(one) for one in row.guards]
    armed_s = (clock.now() - service.armed_at(row)).total_seconds()
    flag, version = row.flag_key, row.version
    db.session.rollback()  # nothing is held while Valkey is asked
    watched = row.state in {State.RUNNING, State.HELD} and guards
    verdicts = (
        [judge(*pair) for pair in zip(guards, read_guards(flag, guards, armed_s), strict=True)] if watched else []
    )
    with transaction():
        row = service.lock(rollout_id)
        if row.version != version:
            return Move.STAY  # somebody acted meanwhile; look again
        move = decide(position_of(row), verdicts, clock.now())
        make_move(row, move, verdicts)
        return move


def make_move(row: FlagRollout, move: Move, verdicts: list[Verdict]) -> None:
    """Do what was decided."""
    match move:
        case Move.STEP:
            service.take_step(row)
        case Move.HOLD:
            service.hold(row, say(verdicts, Finding.WEATHER, Finding.UNKNOWN), verdicts)
        case Move.ROLL_BACK:
            service.roll_back(row, say(verdicts, Finding.VARIANT), verdicts)
        case Move.RESUME:
            service.resume(row, f"Every guard held for {row.cooldown_s} s.")
        case Move.CLEAR:
            row.verdict = {**row.verdict, "clearSince": clock.rfc3339(clock.now())}
        case Move.TROUBLED:
            row.verdict = {name: value for name, value in row.verdict.items() if name != "clearSince"}
        case Move.FINISH:
            service.finish(row, State.DONE, "Every step took effect.")


def position_of(row: FlagRollout) -> Position:
    """Return a plan's place in time."""
    clear = row.verdict.get("clearSince")
    return Position(
        state=State(row.state),
        has_next=row.step < len(row.steps),
        next_at=row.next_at,
        clear_since=clock.parse(clear) if clear else None,
        by_hand=bool(row.verdict.get("byHand")),
        cooldown_s=row.cooldown_s,
    )


def say(verdicts: list[Verdict], *findings: Finding) -> str:
    """Return what the tripped guards say."""
    return " ".join(one.sentence for one in verdicts if one.finding in findings)
