"""Acts on rollouts: planned, held, let go on, rolled back, cancelled, armed again by people; stepped by the keeper."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.breakers.registry import breakers
from app.core import clock
from app.core.broker import QUEUES
from app.core.context import actor
from app.core.db import db, transaction
from app.core.outbox import record
from app.core.pushed import bump
from app.core.tenancy import current_company_id
from app.flags.engine.model import WHOLE
from app.flags.environments import check_environment
from app.flags.models import FlagEnvironment, FlagRollout, FlagRow
from app.flags.rollouts import events
from app.flags.rollouts.decision import LIVE, State
from app.flags.rollouts.plan import Guard, Plan, Step, due_at
from app.flags.rollouts.problems import (
    NothingToRaise,
    RolloutNotFound,
    RolloutOver,
    RolloutRuns,
    TooEarly,
    UnknownGuard,
)
from app.flags.rollouts.rising import check_rise, check_times
from app.flags.rollouts.verdict import Verdict
from app.flags.service.changing import lock_flag, lock_flags
from app.flags.service.settings import change_settings

JSON = dict[str, Any]  # Any: JSON


def plan_rollout(key: str, plan: Plan) -> FlagRollout:
    """Plan steps for a flag; one that is due at once takes effect within a second.

    Raises:
        FlagNotFound: There is no such flag.
        RolloutRuns: It has a plan already.
        UnknownGuard: A guard names nothing we know.
        NothingToRaise: Its share decides nothing.
        WrongStep: A step would lower the share, lies in the past, or gives a part of a global flag.
    """
    environment = check_environment(plan.environment)
    check_guards(plan.guards)
    check_times(plan, clock.now())
    with transaction():
        flag, here = lock_flag(key, environment)
        if here.settings.get("targeting") and any(step.percentage is not None for step in plan.steps):
            raise NothingToRaise(key=key)
        if find_live(key, environment) is not None:
            raise RolloutRuns(key=key, environment=environment)
        check_rise(plan.steps, flag.scope, int(here.settings.get("percentage", 0)))
        steps = [step.model_dump(mode="json", by_alias=True, exclude_none=True) for step in plan.steps]
        row = FlagRollout(
            company_id=current_company_id(), flag_key=key, environment=environment, state=State.PLANNED,
            steps=steps, guards=[guard.model_dump(mode="json", by_alias=True) for guard in plan.guards],
            actor=actor(), timezone=plan.timezone, cooldown_s=plan.cooldown_s,
            started_from=int(here.settings.get("percentage", 0)), next_at=due_at(steps, 0, plan.timezone, clock.now()),
        )  # fmt: skip
        db.session.add(row)
        told = [guard.title for guard in plan.guards]
        record(
            events.RolloutPlanned(
                key=key, environment=environment, rollout=row.id, steps=steps, guards=told, reason=plan.reason
            ),
            version=_touch(flag, here),
        )
        return row


def take_step(row: FlagRollout) -> None:
    """Let the next step take effect, and note when the one after is due."""
    number, now = row.step, clock.now()
    step = Step.model_validate(row.steps[number])
    wanted: JSON = {}
    if step.share is not None:
        wanted["percentage"] = step.share
    if step.enabled is not None:
        wanted["enabled"] = step.enabled
    row.state, row.step, row.held_since, row.verdict = State.RUNNING, number + 1, None, {}
    # The last step is watched for a cooldown before the plan is done; without guards there is nothing to watch.
    row.next_at = due_at(row.steps, row.step, row.timezone, now) or now + timedelta(
        seconds=row.cooldown_s if row.guards else 0
    )
    told = f"Step {row.step} of {len(row.steps)} of the rollout"
    share = _apply(row, wanted, told)
    record(
        events.RolloutStepped(
            key=row.flag_key, environment=row.environment, rollout=row.id, step=row.step, of=len(row.steps),
            percentage=None if step.share is None else share, enabled=step.enabled, reason=told,
        ),
        version=_save(row),
    )  # fmt: skip


def hold(row: FlagRollout, reason: str, verdicts: list[Verdict], *, by_hand: bool = False) -> None:
    """Stop rising; nobody is switched off."""
    row.state, row.held_since = State.HELD, clock.now()
    row.verdict = {"reason": reason, "guards": [one.as_json for one in verdicts], "byHand": by_hand}
    record(
        events.RolloutHeld(
            key=row.flag_key, environment=row.environment, rollout=row.id, percentage=share_of(row), reason=reason,
            verdicts=row.verdict["guards"],
        ),
        version=_save(row),
    )  # fmt: skip


def resume(row: FlagRollout, reason: str) -> None:
    """Go on rising from where it stands."""
    row.state, row.held_since, row.verdict = State.RUNNING, None, {}
    row.next_at = max(row.next_at or clock.now(), clock.now())
    record(
        events.RolloutResumed(
            key=row.flag_key, environment=row.environment, rollout=row.id, percentage=share_of(row), reason=reason
        ),
        version=_save(row),
    )


def roll_back(row: FlagRollout, reason: str, verdicts: list[Verdict], *, by_hand: bool = False) -> None:
    """Go back to the share before the plan began. Only a person arms it again."""
    before = share_of(row)
    row.state, row.ended_at, row.next_at = State.ROLLED_BACK, clock.now(), None
    row.verdict = {"reason": reason, "guards": [one.as_json for one in verdicts], "byHand": by_hand}
    share = _apply(row, {"percentage": row.started_from or 0}, f"Rolled back: {reason}")
    record(
        events.RolloutRolledBack(
            key=row.flag_key, environment=row.environment, rollout=row.id, percentage=before, to=share,
            reason=reason, verdicts=row.verdict["guards"],
        ),
        version=_save(row),
    )  # fmt: skip


def finish(row: FlagRollout, state: State, reason: str) -> None:
    """End the plan where it stands."""
    row.state, row.ended_at, row.next_at, row.held_since = state, clock.now(), None, None
    record(
        events.RolloutEnded(
            key=row.flag_key, environment=row.environment, rollout=row.id, state=state, percentage=share_of(row),
            reason=reason,
        ),
        version=_save(row),
    )  # fmt: skip


def act_on(rollout_id: str, act: str, reason: str = "") -> FlagRollout:
    """Do what a person asks of a rollout: hold, go-on, roll-back, cancel or arm.

    Raises:
        RolloutNotFound: There is none.
        RolloutOver: It is not in a state for that.
        TooEarly: It was rolled back only just now.
    """
    with transaction():
        row = lock(rollout_id)
        why = reason or "No reason was given."
        match act:
            case "hold":
                _allow(row, State.RUNNING, State.PLANNED)
                hold(row, why, [], by_hand=True)
            case "go-on":
                _allow(row, State.HELD)
                resume(row, why)
            case "roll-back":
                _allow(row, State.RUNNING, State.HELD)
                roll_back(row, why, [], by_hand=True)
            case "cancel":
                _allow(row, *LIVE)
                finish(row, State.CANCELLED, why)
            case _:
                _arm(row)
        return row


def _arm(row: FlagRollout) -> None:
    """Begin the plan anew from its first step."""
    _allow(row, State.ROLLED_BACK)
    left = row.cooldown_s - (clock.now() - (row.ended_at or clock.now())).total_seconds()
    if left > 0:
        raise TooEarly(cooldown_s=row.cooldown_s, retry_after_s=int(left) + 1)
    if find_live(row.flag_key, row.environment) is not None:
        raise RolloutRuns(key=row.flag_key, environment=row.environment)
    flag, here = lock_flag(row.flag_key, row.environment)
    row.started_from = int(here.settings.get("percentage", 0))
    check_rise([Step.model_validate(step) for step in row.steps], flag.scope, row.started_from)
    row.state, row.step, row.ended_at, row.verdict = State.PLANNED, 0, None, {}
    row.created_at = clock.now()
    row.next_at = due_at(row.steps, 0, row.timezone, clock.now())
    record(
        events.RolloutPlanned(
            key=row.flag_key, environment=row.environment, rollout=row.id, steps=row.steps,
            guards=[Guard.model_validate(one).title for one in row.guards], reason="Armed again",
        ),
        version=_save(row),
    )  # fmt: skip


def check_guards(guards: list[Guard]) -> None:
    """Refuse guards that name nothing we know.

    Raises:
        UnknownGuard: The first of them.
    """
    known = {"breaker": sorted(one.name for one in breakers()), "queue-age": sorted(QUEUES)}
    for guard in guards:
        names = known.get(guard.kind)
        if names is not None and guard.name not in names:
            raise UnknownGuard(kind=guard.kind.removesuffix("-age"), name=guard.name, known=", ".join(names))


def find_live(key: str, environment: str) -> FlagRollout | None:
    """Return a flag's plan that is not over."""
    return db.session.scalars(
        sa.select(FlagRollout).where(
            FlagRollout.flag_key == key, FlagRollout.environment == environment, FlagRollout.state.in_(LIVE)
        )
    ).one_or_none()


def lock(rollout_id: str) -> FlagRollout:
    """Return a rollout for a change of it.

    Raises:
        RolloutNotFound: There is none.
    """
    lock_flags()  # always first, so that two acts never wait for each other
    row = db.session.scalars(
        sa.select(FlagRollout).where(FlagRollout.id == rollout_id).with_for_update().execution_options(
            populate_existing=True
        )
    ).one_or_none()  # fmt: skip
    if row is None:
        raise RolloutNotFound
    return row


def share_of(row: FlagRollout) -> float:
    """Return the flag's share now, in percent."""
    settings = db.session.scalars(
        sa.select(FlagEnvironment.settings).where(
            FlagEnvironment.flag_key == row.flag_key, FlagEnvironment.environment == row.environment
        )
    ).one()
    return int(settings.get("percentage", 0)) * 100 / WHOLE


def _allow(row: FlagRollout, *states: State) -> None:
    if row.state not in states:
        raise RolloutOver(state=say_state(row.state), allowed=" or ".join(say_state(state) for state in states))


def say_state(state: str) -> str:
    """Return a state as it stands in a sentence."""
    return state.replace("-", " ")


def _apply(row: FlagRollout, wanted: JSON, reason: str) -> float:
    """Change the flag's settings as a person would, and return the share there is then, in percent."""
    if wanted:
        change_settings(row.flag_key, wanted, "rollout-step", row.environment, reason, None)
    return share_of(row)


def _save(row: FlagRollout) -> int:
    """Note the change of the plan; processes learn from the flag's row whether it is watched."""
    row.version += 1
    row.changed_at = clock.now()
    flag, here = lock_flag(row.flag_key, row.environment)
    return _touch(flag, here)


def _touch(flag: FlagRow, here: FlagEnvironment) -> int:
    revision = bump("flags")
    here.changed_in = revision
    return revision


def armed_at(row: FlagRollout) -> datetime:
    """Return since when outcomes are this plan's."""
    return row.created_at


__all__ = ["act_on", "armed_at", "finish", "hold", "plan_rollout", "resume", "roll_back", "take_step"]
