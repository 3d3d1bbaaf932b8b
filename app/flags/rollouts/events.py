"""Facts about rollouts, on the topic of flags: the row they change is the flag's."""

from typing import Any

from app.core.outbox import Fact


class RolloutPlanned(Fact, type="rollout.planned", topic="flags", row="key"):
    """Somebody planned steps for a flag's share. Steps speak percent."""

    key: str
    environment: str
    rollout: str
    steps: list[dict[str, Any]]
    guards: list[str]
    reason: str = ""


class RolloutStepped(Fact, type="rollout.stepped", topic="flags", row="key"):
    """A step took effect; `percentage` is None when it only switched the flag on or off."""

    key: str
    environment: str
    rollout: str
    step: int
    of: int
    percentage: float | None
    enabled: bool | None = None
    reason: str = ""


class RolloutHeld(Fact, type="rollout.held", topic="flags", row="key"):
    """The plan waits: a guard tripped alike with and without the variant, or a person holds it."""

    key: str
    environment: str
    rollout: str
    percentage: float
    reason: str
    verdicts: list[dict[str, Any]]


class RolloutResumed(Fact, type="rollout.resumed", topic="flags", row="key"):
    """The guards held long enough, or a person let it go on."""

    key: str
    environment: str
    rollout: str
    percentage: float
    reason: str = ""


class RolloutRolledBack(Fact, type="rollout.rolled-back", topic="flags", row="key"):
    """The share went back to where the plan began, because the variant does harm, or a person said so."""

    key: str
    environment: str
    rollout: str
    percentage: float
    to: float
    reason: str
    verdicts: list[dict[str, Any]]


class RolloutEnded(Fact, type="rollout.ended", topic="flags", row="key"):
    """The plan is done, or was cancelled: the share stays where it is."""

    key: str
    environment: str
    rollout: str
    state: str
    percentage: float
    reason: str = ""
