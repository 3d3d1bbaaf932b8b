"""What can be wrong with a rollout."""

from app.core.errors import NotFound, Problem


class RolloutNotFound(NotFound, code="rollout-not-found", status=404):
    """This flag has no such rollout. Look at the flag for those it has."""


class RolloutRuns(Problem, code="rollout-runs", status=409):
    """“{key}” has a plan already in {environment}. Cancel it first: two plans would fight over one share."""

    key: str
    environment: str


class RolloutOver(Problem, code="rollout-over", status=409):
    """This rollout is {state}. That can only be done while it is {allowed}."""

    state: str
    allowed: str


class WrongStep(Problem, code="rollout-step-wrong", status=422):
    """Step {step} cannot be planned. {reason}"""

    step: int
    reason: str


class UnknownGuard(Problem, code="unknown-guard", status=422):
    """There is no {kind} “{name}” to guard by. Known: {known}."""

    kind: str
    name: str
    known: str


class TooEarly(Problem, code="rollout-cooling", status=409):
    """It was rolled back less than {cooldown_s} s ago. Arm it again in {retry_after_s} s, when the dust has settled."""

    cooldown_s: int
    retry_after_s: int


class NothingToRaise(Problem, code="rollout-of-targeting", status=422):
    """“{key}” is decided by imported targeting, which has no share to raise. Plan steps that only switch it on or off."""

    key: str
