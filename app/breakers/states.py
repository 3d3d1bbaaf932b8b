"""The six states of a breaker and the two problems a guarded call can meet, in the field's words."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from app.core.errors import Problem


class State(IntEnum):
    """A breaker's state; the numbers are those of resilience4j's gauge."""

    CLOSED = 0
    OPEN = 1
    HALF_OPEN = 2
    DISABLED = 3
    FORCED_OPEN = 4
    METRICS_ONLY = 5


FORCED = frozenset({State.DISABLED, State.FORCED_OPEN, State.METRICS_ONLY})


class Scope(StrEnum):
    """Who is in a state: every process, or this one alone (ejected, or Redis is away)."""

    FLEET = "fleet"
    LOCAL = "local"


class Reason(StrEnum):
    """Why a breaker changed its state."""

    FAILURE_RATE = "failure-rate"
    SLOW_CALL_RATE = "slow-call-rate"
    RETRY_AFTER = "retry-after"
    WAIT_OVER = "wait-over"
    PROBES_PASSED = "probes-passed"
    PROBES_FAILED = "probes-failed"
    HALF_OPEN_TOO_LONG = "half-open-too-long"
    MANUAL = "manual"
    FORCED = "forced"
    RELEASED = "released"


class CallNotPermitted(Problem, code="circuit-open", status=503):
    """This part is resting. Calls to {breaker} failed or were slow, so none are made for now; try again in {retry_after_s} s."""

    breaker: str
    retry_after_s: int = 1


class BulkheadFull(Problem, code="bulkhead-full", status=503):
    """This part is busy. As many calls to {breaker} run as may run at once; try again in {retry_after_s} s."""

    breaker: str
    retry_after_s: int = 1


@dataclass(frozen=True, slots=True)
class Transition:
    """A breaker went from one state to another.

    Attributes:
        generation: Of the state it went to; unique and rising within the fleet, 0 for one process alone.
        at: Seconds since 1970, by the clock of whoever decided.
        calls: What the deciding window held: with `failures` and `slow`.
        process: Whose call or report caused it, as `web:host:417`.
    """

    name: str
    before: State
    after: State
    generation: int
    at: float
    reason: Reason
    calls: int
    failures: int
    slow: int
    process: str
    scope: Scope
