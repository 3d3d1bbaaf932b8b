"""What a breaker asks of the fleet, and the fleet of a process that has none."""

from dataclasses import dataclass
from typing import Protocol

from app.breakers.config import BreakerConfig
from app.breakers.states import State


class Asker(Protocol):
    """What the fleet has to know of a breaker."""

    name: str
    config: BreakerConfig

    @property
    def lease_s(self) -> float:
        """After how long a probe that did not come back gives its permit away."""


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
        fleet: None when it did not answer in time: then nobody goes, for it may have granted the permit.
        is_granted: The probe may go.
    """

    fleet: FleetState | None
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

    def lease(self, breaker: Asker, token: str) -> Lease | None:
        """Ask for a permit to probe; None when nobody is there to be asked and this process is on its own."""

    def settle(
        self, breaker: Asker, token: str, generation: int, outcome: int, retry_after_s: float
    ) -> FleetState | None:
        """Give a permit back with its result; None when nobody can be told yet."""

    def move(self, breaker: Asker, to: State) -> FleetState | None:
        """Bring all processes into CLOSED, OPEN or HALF_OPEN by hand; None when nobody can be told."""

    def forget_parent(self) -> None:
        """In a forked child: threads and sockets are the parent's."""


class Alone:
    """The link of a process without a fleet: nobody to tell, so its own window decides."""

    def ensure_started(self) -> None:
        """Nothing to start."""

    def wake(self) -> None:
        """Nobody sleeps."""

    def lease(self, breaker: Asker, token: str) -> Lease | None:
        """Nobody to ask."""
        return None

    def settle(
        self, breaker: Asker, token: str, generation: int, outcome: int, retry_after_s: float
    ) -> FleetState | None:
        """Nobody to tell."""
        return None

    def move(self, breaker: Asker, to: State) -> FleetState | None:
        """Nobody to tell."""
        return None

    def forget_parent(self) -> None:
        """Nothing to forget."""
