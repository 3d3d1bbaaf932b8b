"""Whether the steps of a plan can be meant: they rise from the share there is, from now on, and fit the flag."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from app.flags.engine.model import WHOLE, Scope
from app.flags.rollouts.plan import Plan, Step, instant_of
from app.flags.rollouts.problems import WrongStep

LATE = timedelta(minutes=1)  # between what somebody typed and its arrival


def check_rise(steps: Iterable[Step], scope: str, share: int) -> None:
    """Refuse steps that take the flag from somebody, or that draw for a flag that is all or nothing.

    Args:
        steps: In their order.
        scope: Of the flag.
        share: What it is now, in thousandths of a percent.

    Raises:
        WrongStep: Which step, and what to do.
    """
    before = f"is {share / 1000:g}% now"
    for number, step in enumerate(steps, 1):
        if step.share is None:
            continue
        if scope == Scope.GLOBAL and step.share not in (0, WHOLE):
            raise WrongStep(step=number, reason="A global flag is all or nothing: use 0 or 100.")
        if step.share < share:
            raise WrongStep(
                step=number, reason=f"It would lower the share, which {before}, to {step.share / 1000:g}%. "
                "A rollout only rises: use the same or more, or set the share by hand.",
            )  # fmt: skip
        share, before = step.share, f"is {step.share / 1000:g}% from step {number} on"


def check_times(plan: Plan, now: datetime) -> None:
    """Refuse a step whose time has gone: it would take effect at once, with no wait before it.

    Raises:
        WrongStep: Which step, and what to do.
    """
    for number, step in enumerate(plan.steps, 1):
        if step.at is not None and instant_of(step.at, plan.timezone) < now - LATE:
            raise WrongStep(
                step=number, reason=f"Its time, {step.at:%Y-%m-%d %H:%M} {plan.timezone}, has gone. "
                "Name a later one, or leave the time out to begin at once.",
            )  # fmt: skip
