"""Rollouts as JSON."""

from typing import Annotated, Any, Literal

from pydantic import Field

from app.core.shapes import Answer, Instant, Shape

Act = Literal["hold", "go-on", "roll-back", "cancel", "arm"]


class Why(Shape):
    """The reason of an act."""

    reason: Annotated[str, Field(max_length=500)] = ""


class RolloutOut(Answer):
    """A rollout. Shares are percent; `step` counts the steps that took effect."""

    id: str
    flag_key: str
    environment: str
    state: str
    timezone: str
    steps: list[dict[str, Any]]
    guards: list[dict[str, Any]]
    step: int
    cooldown_s: int
    next_at: Instant | None
    held_since: Instant | None
    verdict: dict[str, Any]
    created_at: Instant
    changed_at: Instant
    ended_at: Instant | None


class RolloutsOut(Answer):
    """The rollouts of a flag, newest first."""

    items: list[RolloutOut]
    next_cursor: str | None = None


__all__ = ["Act", "RolloutOut", "RolloutsOut", "Why"]
