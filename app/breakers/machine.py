"""The states of one breaker in one process, and what moves it between them.

The lock is held for a few lines of arithmetic, never during the guarded call and never while Redis is asked.
A call carries the phase it was let in by; what it brings back to a newer phase is counted, and moves nothing.
What this file decides it decides for this process alone; `member.py` puts the fleet's word above it.
"""

import random
import threading
import time
from collections import deque
from collections.abc import Callable
from math import inf

from app.breakers.classify import FAILURE, IGNORED, SLOW, SUCCESS
from app.breakers.config import BreakerConfig, WindowType
from app.breakers.figures import Figures
from app.breakers.link import FleetState, Link
from app.breakers.phase import Phase
from app.breakers.states import FORCED, Reason, Scope, State, Transition
from app.breakers.window import rate
from app.core import process

UNSAID = 100  # changes that nobody fetches, in a process without a fleet


class Machine:
    """State, window and permits of one breaker in one process.

    Attributes:
        code_config: As the code says; `config` has the console's changes laid over it.
        last_own: The last change this process decided by itself.
    """

    def __init__(
        self, name: str, config: BreakerConfig, link: Link, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.name, self.code_config, self.config = name, config, config
        self.figures = Figures(name)
        self._link, self._clock = link, clock
        self._lock = threading.Lock()
        self._fleet = FleetState()
        self._forced: State | None = config.initial_state if config.initial_state in FORCED else None
        self._forced_until = inf
        self._unsaid: deque[Transition] = deque(maxlen=UNSAID)
        self.last_own: Transition | None = None
        self._letters: deque[int] = deque(maxlen=config.sliding_window_size)
        self._counts = [0, 0, 0]
        self._retry_after_s = 0.0
        self._phase = self._begin()

    @property
    def state(self) -> State:
        """The state this process is in. OPEN may be over and the next call a probe."""
        return self._phase.state

    @property
    def scope(self) -> Scope:
        """FLEET, or LOCAL when this process rests alone."""
        return self._phase.scope

    @property
    def generation(self) -> int:
        """Of the fleet's state, as this process knows it."""
        return self._fleet.generation

    def _begin(self) -> Phase:
        """Return the phase of a breaker nobody knows anything about."""
        at, state = self._clock(), self.config.initial_state
        if state is not State.OPEN:
            return Phase(state, self.config, at=at)
        until = at + self.config.wait_ms(1, random.random()) / 1000  # noqa: S311 (spreads waits, guards nothing)
        return Phase(state, self.config, at=at, scope=Scope.LOCAL, until=until, attempts=1)

    def figures_now(self) -> tuple[int, int, int]:
        """Return calls, failures and slow calls in this process's window."""
        with self._lock:
            phase, at = self._phase, self._clock()
            self._drain(phase, at)
            phase.window.move(at)
            return phase.window.total, phase.window.failures, phase.window.slow

    def rates(self) -> tuple[float, float]:
        """Return the failure and the slow-call rate of this process's window in percent; −1 below the minimum."""
        calls, failures, slow = self.figures_now()
        return rate(failures, calls, self.config.minimum), rate(slow, calls, self.config.minimum)

    def _take(self, phase: Phase, token: str, outcome: int, retry_after_s: float) -> None:
        """Take a result in, under the lock.

        Args:
            phase: The one that let the call in.
            token: Of its lease; empty for a call that was no probe.
        """
        at = self._clock()
        if outcome == IGNORED:
            phase.leases.pop(token, None)
            return
        if phase is self._phase and not token:
            self._drain(phase, at)
        self.figures.count(outcome)
        if phase is not self._phase:
            return  # let in by an older phase: history, not evidence
        if token:
            if phase.leases.pop(token, None) is not None:
                phase.record_probe(outcome)
                self._decide_probes(phase, at, retry_after_s)
            return
        phase.window.record(outcome, at)
        self._keep_for_fleet(outcome)
        self._decide(phase, at, retry_after_s)

    def _drain(self, phase: Phase, at: float) -> None:
        """Take the quick successes in; they happened since the stamp, within its second."""
        number = phase.take_successes()
        if number:
            phase.window.record_successes(number, phase.stamp)
            self.figures.count_successes(number)
            if phase.config.sliding_window_type is WindowType.COUNT_BASED:
                self._letters.extend([SUCCESS] * min(number, self._letters.maxlen or 0))
            self._counts[0] += number
        phase.stamp = at

    def _keep_for_fleet(self, outcome: int) -> None:
        self._letters.append(outcome)
        self._counts[0] += 1
        self._counts[1] += outcome & FAILURE
        self._counts[2] += (outcome & SLOW) >> 1

    def _decide(self, phase: Phase, at: float, retry_after_s: float) -> None:
        """Open when a rate is at or above its threshold, as resilience4j does after every call."""
        if phase.state is State.CLOSED:
            if retry_after_s > 0:
                self._retry_after_s = max(self._retry_after_s, retry_after_s)
                return self._open(at, Reason.RETRY_AFTER, retry_after_s)
            window, minimum = phase.window, self.config.minimum
            reason = self._judge(window.total, window.failures, window.slow, minimum)
            if reason is not None:
                return self._open(at, reason)
        phase.plan_check(at)
        return None

    def _judge(self, total: int, failures: int, slow: int, minimum: int) -> Reason | None:
        if rate(failures, total, minimum) >= self.config.failure_rate_threshold:
            return Reason.FAILURE_RATE
        if rate(slow, total, minimum) >= self.config.slow_call_rate_threshold:
            return Reason.SLOW_CALL_RATE
        return None

    def _decide_probes(self, phase: Phase, at: float, retry_after_s: float) -> None:
        if retry_after_s > 0:
            self._open(at, Reason.RETRY_AFTER, retry_after_s)
        elif phase.calls >= self.config.probes_needed:
            if self._judge(phase.calls, phase.failures, phase.slow, self.config.probes_needed) is not None:
                self._open(at, Reason.PROBES_FAILED)
            else:
                self._go(State.CLOSED, at, Reason.PROBES_PASSED)

    def _open(self, at: float, reason: Reason, retry_after_s: float = 0.0) -> None:
        """Rest alone; should the fleet open too, its state takes this one's place within milliseconds."""
        attempts = self._phase.attempts + 1
        wait_ms = self.config.wait_ms(attempts, random.random())  # noqa: S311 (spreads waits, guards nothing)
        if retry_after_s:
            wait_ms = round(min(retry_after_s * 1000, self.config.longest_wait_ms))
        self._go(State.OPEN, at, reason, until=at + wait_ms / 1000, attempts=attempts)
        self._link.wake()

    def _tick(self, at: float) -> None:
        """Do what only time does to a process that decides alone."""
        phase, limit_ms = self._phase, self.config.max_wait_duration_in_half_open_state_ms
        if phase.state is State.OPEN and at >= phase.until:
            until = at + limit_ms / 1000 if limit_ms else inf
            self._go(State.HALF_OPEN, at, Reason.WAIT_OVER, until=until, attempts=phase.attempts)
        elif phase.state is State.HALF_OPEN and at >= phase.until:
            if self.config.transition_to_state_after_wait_duration is State.OPEN:
                self._open(at, Reason.HALF_OPEN_TOO_LONG)
            else:
                self._go(State.CLOSED, at, Reason.HALF_OPEN_TOO_LONG)

    def _go(self, to: State, at: float, reason: Reason, *, until: float = inf, attempts: int = 0) -> None:
        before = self._phase
        calls, failures, slow = before.calls, before.failures, before.slow
        if before.state is State.CLOSED:
            calls, failures, slow = before.window.total, before.window.failures, before.window.slow
        scope = Scope.FLEET if to is State.CLOSED and self._fleet.state is State.CLOSED else Scope.LOCAL
        generation = self._fleet.generation
        self._phase = Phase(to, self.config, at=at, scope=scope, generation=generation, until=until, attempts=attempts)
        self.last_own = Transition(
            self.name, before.state, to, 0, time.time(), reason, calls, failures, slow, process.label(), Scope.LOCAL
        )
        self._unsaid.append(self.last_own)

    def set_link(self, link: Link) -> None:
        """Take another way to the other processes."""
        self._link = link
