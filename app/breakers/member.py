"""A breaker as one of many: what it tells the fleet, and how the fleet's word and the console's replace its own."""

import threading
import time
from collections import Counter, deque
from dataclasses import replace
from math import inf

from app.breakers.config import BreakerConfig, WindowType
from app.breakers.figures import Minute
from app.breakers.link import Batch, FleetState
from app.breakers.machine import Machine
from app.breakers.phase import Phase
from app.breakers.states import FORCED, Reason, Scope, State, Transition


class Member(Machine):
    """A machine that listens to the fleet."""

    def adopt(self, fleet: FleetState, *, again: bool = False) -> None:
        """Take over what the fleet agreed upon, unless this process knows something newer.

        Generation 0 means that Valkey knows nothing of this breaker: never opened, or flushed.

        Args:
            again: Take it over even when it is known: Redis was away and this process decided alone.
        """
        with self._lock:
            known = self._fleet
            if fleet.generation == known.generation:
                self._fleet = fleet
                if not again or fleet.state is State.CLOSED:
                    return
            elif 0 < fleet.generation < known.generation:
                return
            self._fleet = fleet
            if self._forced is None:
                self._enter(fleet)

    def _enter(self, fleet: FleetState) -> None:
        at = self._clock()
        self._drain(self._phase, at)
        self._forget_batch()
        self._unsaid.clear()
        if fleet.generation == 0:
            self._phase = self._begin()
            return
        self._phase = Phase(
            fleet.state,
            self.config,
            at=at,
            generation=fleet.generation,
            until=inf if fleet.wait_s is None else at + fleet.wait_s,
            attempts=fleet.attempts,
        )

    @property
    def agreed(self) -> State:
        """What the fleet agreed upon, as this process knows it, whatever it is held in."""
        return self._fleet.state

    def present(self) -> FleetState:
        """Return the state this process is in and how it came to it, told as the fleet tells its own.

        A hold set from outside is left out: underneath is what the fleet agreed upon.
        """
        with self._lock:
            phase, fleet, own = self._phase, self._fleet, self.last_own
            if phase.state in FORCED and self.config.initial_state not in FORCED:
                return fleet
            wait_s = None if phase.until == inf else max(phase.until - self._clock(), 0.0)
        if phase.scope is Scope.FLEET or own is None:
            return replace(fleet, state=phase.state, wait_s=wait_s)
        calls, failures, slow = own.calls, own.failures, own.slow
        if phase.state is State.HALF_OPEN:
            calls, failures, slow = phase.calls, phase.failures, phase.slow
        return FleetState(
            phase.state, fleet.generation, wait_s, phase.attempts, own.reason.value, calls, failures, slow, own.at
        )

    def take_batch(self) -> Batch | None:
        """Return what the fleet does not know yet, and forget it; None when that is nothing."""
        with self._lock:
            self._drain(self._phase, self._clock())
            if not self.config.is_fleet_wide:
                self._forget_batch()
            if not self._counts[0] and not self._retry_after_s:
                return None
            batch = Batch(
                generation=self._fleet.generation,
                letters="".join(map(str, self._letters)),
                counts=(self._counts[0], self._counts[1], self._counts[2]),
                retry_after_s=self._retry_after_s,
                is_deciding=self._phase.state is not State.METRICS_ONLY,
            )
            self._forget_batch()
            return batch

    def take_callers(self) -> Counter[str]:
        """Return who called, and forget it."""
        with self._lock:
            return self.figures.drain_callers()

    def drain_minutes(self) -> list[Minute]:
        """Return what was counted for the history since the last time, and forget it."""
        with self._lock:
            self._drain(self._phase, self._clock())
            return self.figures.drain_minutes()

    def put_back(self, batch: Batch) -> None:
        """Keep a batch for later, before what came since. Seconds that passed are not made up: TIME_BASED forgets."""
        with self._lock:
            if batch.generation != self._fleet.generation or self.config.sliding_window_type is WindowType.TIME_BASED:
                return
            newer = list(self._letters)
            self._letters.clear()
            self._letters.extend([*map(int, batch.letters), *newer])
            self._counts = [old + new for old, new in zip(batch.counts, self._counts, strict=True)]

    def take_transitions(self, *, is_alone: bool = False) -> list[Transition]:
        """Return the changes this process made for itself, and forget them.

        While the fleet has not seen what made this process open, it may still open for the same reason and take
        this change's place: then there is one change to tell of, not two.
        """
        with self._lock:
            if self._counts[0] and not is_alone:
                return []
            unsaid = list(self._unsaid)
            self._unsaid.clear()
            return unsaid

    def move_on(self) -> None:
        """Do what only time does: the sync thread calls it for breakers that ask for it, and for forced states."""
        if self._forced is not None and time.time() >= self._forced_until:
            self.force(None)
        wanted = self.config.automatic_transition_from_open_to_half_open_enabled
        with self._lock:
            phase = self._phase
            if phase.scope is Scope.LOCAL and (wanted or phase.state is State.HALF_OPEN):
                self._tick(self._clock())

    @property
    def is_due(self) -> bool:
        """Whether time has come for the fleet's state to change without a call."""
        phase = self._phase
        wanted = phase.state is State.HALF_OPEN or self.config.automatic_transition_from_open_to_half_open_enabled
        return phase.scope is Scope.FLEET and wanted and self._clock() >= phase.until

    def move_alone(self, to: State) -> None:
        """Go to CLOSED, OPEN or HALF_OPEN by hand, in this process only."""
        with self._lock:
            at = self._clock()
            self._drain(self._phase, at)
            if to is State.OPEN:
                self._open(at, Reason.MANUAL)
            else:
                self._go(to, at, Reason.MANUAL)

    def force(self, state: State | None, until: float | None = None) -> None:
        """Hold this process in a state whatever happens, or with None let it go back to the fleet's.

        A breaker whose initial state is one of these goes back to that.

        Args:
            state: DISABLED, FORCED_OPEN or METRICS_ONLY.
            until: Seconds since 1970; None until somebody lets go.
        """
        if state is not None and state not in FORCED:
            raise ValueError(f"{state.name} cannot be forced")
        with self._lock:
            self._forced_until = inf if until is None or state is None else until
            if state is None and self.config.initial_state in FORCED:
                state = self.config.initial_state
            if state is self._forced:
                return
            self._forced = state
            if state is None:
                self._enter(self._fleet)
            else:
                self._drain(self._phase, self._clock())
                self._phase = Phase(state, self.config, at=self._clock(), generation=self._fleet.generation)

    def apply_settings(
        self, overrides: dict[str, object], forced_state: State | None = None, forced_until: float | None = None
    ) -> None:
        """Take what the console says: changes laid over the code's configuration, and a forced state.

        Raises:
            BadBreakerConfig: The changes cannot be meant; nothing is changed then.
        """
        self.configure(self.code_config.with_overrides(overrides))
        self.force(forced_state, forced_until)

    def configure(self, config: BreakerConfig) -> None:
        """Take another configuration; the present state stays."""
        with self._lock:
            if config == self.config:
                return
            self._drain(self._phase, self._clock())
            self.config = config
            self._phase.configure(config)
            self._letters = deque(self._letters, maxlen=config.sliding_window_size)

    def forget_parent(self) -> None:
        """In a forked child: locks and probes are the parent's, and it tells itself what it counted."""
        self._lock = threading.Lock()
        self._phase.take_successes()
        self._phase.leases.clear()
        self._phase.check_at = 0.0  # so that the first call starts the child's own thread
        self._forget_batch()
        self._unsaid.clear()
        self.figures.drain_minutes()
        self.figures.drain_callers()

    def _forget_batch(self) -> None:
        self._letters.clear()
        self._counts = [0, 0, 0]
        self._retry_after_s = 0.0
