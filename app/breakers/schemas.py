"""Breakers as JSON, in resilience4j's words."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints

from app.core.shapes import Answer, Instant, Shape, refuse_nul

Reason = Annotated[str, BeforeValidator(refuse_nul), StringConstraints(max_length=500)]
FORCED_FOR_S = 3600


class ActOnBreaker(Shape):
    """Why something is done to a breaker."""

    reason: Reason = ""


class HoldBreaker(ActOnBreaker):
    """Hold a breaker in a state for so many seconds; null holds it until somebody lets go."""

    for_s: int | None = FORCED_FOR_S


class CloseBreaker(ActOnBreaker):
    """Close a breaker. With `forS` it lets everything through for so long; without, it begins afresh and decides by itself."""

    for_s: int | None = None


class ConfigureBreaker(ActOnBreaker):
    """Settings laid over those of the code; what is not named is as the code says.

    `version` is the one the editor saw: 0 when nobody had changed anything.
    """

    config: dict[str, Any]
    version: int = Field(ge=0)


class ListTransitions(Shape):
    """Which page of what a breaker did."""

    limit: int = Field(50, ge=1, le=200)
    after: str | None = Field(None, max_length=300)


class HeldOut(Answer):
    """A person holds it in its state; `until` null means until somebody lets go."""

    reason: str
    by: str
    at: Instant | None
    until: Instant | None


class CircuitOut(Answer):
    """One breaker.

    `state` is CLOSED, OPEN, HALF_OPEN, DISABLED, FORCED_OPEN or METRICS_ONLY. Rates are percent, −1 while fewer calls
    are known than it takes to decide. The figures are those of the window: in OPEN of the one that decided, in
    HALF_OPEN of the tries that came back. `notPermittedCalls` are those of the last hour. `degraded` says that Valkey
    is away: every process decides alone, and this is what the answering one knows.
    """

    name: str
    description: str
    state: str
    forced: HeldOut | None
    since: Instant | None
    open_until: Instant | None
    reason: str
    generation: int
    failure_rate: float
    slow_call_rate: float
    buffered_calls: int
    failed_calls: int
    slow_calls: int
    not_permitted_calls: int
    calls_per_minute: float
    processes: int
    processes_alone: int
    degraded: bool


class ProcessOut(Answer):
    """What one process says about the breaker; `scope` local is one that rests alone."""

    process: str
    state: str
    scope: str
    buffered_calls: int
    failed_calls: int
    slow_calls: int
    failure_rate: float
    slow_call_rate: float
    seen_at: Instant


class CallerOut(Answer):
    """Who calls through it, in this hour and the last."""

    caller: str
    calls: int


class CircuitDetail(CircuitOut):
    """One breaker with its settings as they work; `overrides` are those that people changed, `version` theirs.

    The minimum number of calls in `config` is never more than a window of calls holds.
    """

    config: dict[str, Any]
    overrides: dict[str, Any]
    version: int
    reports: list[ProcessOut]
    callers: list[CallerOut]


class ActedOut(Answer):
    """A breaker right after an act; its figures are asked for with GET, for other processes follow within a second."""

    name: str
    state: str
    forced: HeldOut | None
    overrides: dict[str, Any]
    version: int


class CircuitsOut(Answer):
    """All breakers, worst first."""

    items: list[CircuitOut]
    next_cursor: str | None = None
    degraded: bool


class TransitionOut(Answer):
    """One change of state. `reach` is fleet, or process for one that rests alone."""

    id: str
    at: Instant
    from_state: str
    to_state: str
    generation: int
    reach: str
    process: str
    reason: str
    evidence: dict[str, Any]
    by: str


class TransitionsOut(Answer):
    """A page of what a breaker did, newest first."""

    items: list[TransitionOut]
    next_cursor: str | None
