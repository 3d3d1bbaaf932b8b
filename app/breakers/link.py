"""What a breaker asks of the fleet, and the fleet of a process that has none."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from app.breakers.states import State, Transition

if TYPE_CHECKING:
    from app.breakers.breaker import Breaker


@dataclass(frozen=True, slots=True)
class FleetState:
    """What all processes agreed upon.

    Attributes:
        wait_s: How long OPEN lasts from now, or HALF_OPEN at most; None for no end.
        calls: Of the probes in HALF_OPEN, else of the window that decided; with `failures`, `slow`.
        since: Seconds since 1970 by Valkey's clock; 0 for ever.
    """

    state: State = State.CLOSED
    generation: int = 0
    wait_s: float | None = None
    attempts: int = 0
    reason: str = ""
    calls: int = 0
    failures: int = 0
    slow: int = 0
    since: float = 0.0


@dataclass(frozen=True, slots=True)
class Lease:
    """The fleet's answer to who wants to probe.

    Attributes:
        is_granted: The probe may go.
    """

    fleet: FleetState
    is_granted: bool


@dataclass(slots=True)
class Batch:
    """What one process adds to the fleet's window.

    Attributes:
        generation: The fleet's state the outcomes were made in.
        letters: Outcomes in order, one digit each (COUNT_BASED).
        counts: Calls, failures, slow (TIME_BASED).
        is_deciding: False for METRICS_ONLY: counted, never opening.
    """

    generation: int
    letters: str
    counts: tuple[int, int, int]
    retry_after_s: float
    is_deciding: bool


class Link(Protocol):
    """The way to the other processes."""

    def ensure_started(self) -> None:
        """Make sure that somebody carries batches and news."""

    def wake(self) -> None:
        """Something should be told at once."""

    def tell(self, transition: Transition) -> None:
        """Tell the listeners, on the thread that does so."""

    def lease(self, breaker: "Breaker", token: str) -> Lease | None:
        """Ask for a permit to probe; None when nobody can be asked."""

    def settle(
        self, breaker: "Breaker", token: str, generation: int, outcome: int, retry_after_s: float
    ) -> FleetState | None:
        """Give a permit back with its result; None when nobody can be told."""


class Alone:
    """The link of a process without a fleet: nobody to tell, so its own window decides."""

    def ensure_started(self) -> None:
        """Nothing to start."""

    def wake(self) -> None:
        """Nobody sleeps."""

    def tell(self, transition: Transition) -> None:
        """Nobody listens."""

    def lease(self, breaker: "Breaker", token: str) -> Lease | None:
        """Nobody to ask."""
        return None

    def settle(
        self, breaker: "Breaker", token: str, generation: int, outcome: int, retry_after_s: float
    ) -> FleetState | None:
        """Nobody to tell."""
        return None
