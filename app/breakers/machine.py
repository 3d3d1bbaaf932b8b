"""The states of one breaker in one process, and what moves it between them.

The lock is held for a few lines of arithmetic, never during the guarded call and never while Redis is asked.
A call carries the phase it was let in by; what it brings back to a newer phase is counted, and moves nothing.
"""

import random
import threading
import time
from collections import deque
from collections.abc import Callable
from math import ceil, inf

from app.breakers import classify
from app.breakers.arm_counts import count_arms
from app.breakers.classify import FAILURE, IGNORED, SLOW, SUCCESS
from app.breakers.config import BreakerConfig, WindowType
from app.breakers.figures import Figures
from app.breakers.link import Batch, FleetState, Link
from app.breakers.phase import Phase
from app.breakers.states import FORCED, CallNotPermitted, Reason, Scope, State, Transition
from app.breakers.window import rate
from app.core import arms, process
from app.core.ids import new_ulid

LEASE_S = 30.0  # a probe that has not come back by then no longer counts, unless HALF_OPEN has a limit of its own
REFUSED_S = 0.1


class Permit:
    """The right to make one call.

    Attributes:
        token: Of the probe's lease; empty for a call in another state.
    """

    __slots__ = ("began", "generation", "is_done", "phase", "token")

    def __init__(self, phase: Phase, began: float, token: str = "") -> None:
        self.phase, self.began, self.token, self.is_done = phase, began, token, False
        self.generation = phase.generation


class Machine:
    """State, window and permits of one breaker in one process.

    Attributes:
        code_config: As the code says; `config` has the console's changes laid over it.
    """

    def __init__(
        self, name: str, config: BreakerConfig, link: Link, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.name, self.code_config, self.config = name, config, config
        self.figures = Figures(name)
        self._link, self._clock = link, clock
        self._lock = threading.Lock()
        self._fleet = FleetState()
        self._forced: State | None = None
        self._forced_until = inf
        self._unsaid: list[Transition] = []
        self._letters: deque[int] = deque(maxlen=config.sliding_window_size)
        self._counts = [0, 0, 0]
        self._retry_after_s = 0.0
        self._phase = self._first_phase()

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

    def figures_now(self) -> tuple[int, int, int]:
        """Return calls, failures and slow calls in this process's window."""
        with self._lock:
            phase, at = self._phase, self._clock()
            self._drain(phase, at)
            phase.window.move(at)
            return phase.window.total, phase.window.failures, phase.window.slow

    # -- letting in -------------------------------------------------------------------------------------------

    def acquire(self) -> Permit:
        """Return the right to make one call; give it back by `succeed`, `fail` or `release`.

        Raises:
            CallNotPermitted: The breaker is open, or all probes are on their way.
        """
        if self._forced is not None and time.time() >= self._forced_until:
            self.force(None)
        phase, at = self._phase, self._clock()
        if phase.state in {State.CLOSED, State.DISABLED, State.METRICS_ONLY}:
            return Permit(phase, at)
        if phase.state is State.FORCED_OPEN:
            raise self._rejected(self._forced_until - time.time() if self._forced_until < inf else 60.0)
        if phase.state is State.OPEN and at < phase.until:
            raise self._rejected(phase.until - at)
        if phase.scope is Scope.FLEET:
            permit = self._probe_for_fleet(phase, at)
            if permit is not None:
                return permit
        return self._probe_alone(at)

    def _probe_for_fleet(self, phase: Phase, at: float) -> Permit | None:
        """Ask Valkey for a permit; None when the fleet has no say (any more)."""
        if at < phase.refused_until:
            raise self._rejected(phase.refused_until - at)
        token = new_ulid()
        lease = self._link.lease(self, token)
        if lease is None:
            return None
        self.adopt(lease.fleet)
        phase = self._phase
        if lease.is_granted:
            permit = Permit(phase, self._clock(), token)
            permit.generation = lease.fleet.generation
            return permit
        if phase.state is State.CLOSED:
            return Permit(phase, at)
        if phase.state is not State.OPEN:
            phase.refused_until = self._clock() + REFUSED_S
        raise self._rejected(phase.until - at if phase.state is State.OPEN else REFUSED_S)

    def _probe_alone(self, at: float) -> Permit:
        """Let a probe go by this process's own permits."""
        with self._lock:
            self._tick(at)
            phase = self._phase
            if phase.state is State.CLOSED:
                return Permit(phase, at)
            if phase.state is State.HALF_OPEN:
                for token in [token for token, ends in phase.leases.items() if ends <= at]:
                    del phase.leases[token]
                if len(phase.leases) + phase.calls < self.config.permitted_number_of_calls_in_half_open_state:
                    token = new_ulid()
                    phase.leases[token] = at + self.lease_s
                    return Permit(phase, at, token)
        raise self._rejected(phase.until - at if phase.state is State.OPEN else 1.0)

    @property
    def lease_s(self) -> float:
        """After how long a probe that did not come back gives its permit away."""
        return self.config.max_wait_duration_in_half_open_state_ms / 1000 or LEASE_S

    def _rejected(self, wait_s: float) -> CallNotPermitted:
        with self._lock:
            self.figures.count_rejected()
            self.figures.count_caller()
        self._link.ensure_started()
        return CallNotPermitted(breaker=self.name, retry_after_s=max(1, ceil(min(wait_s, 86_400))))

    # -- coming back ------------------------------------------------------------------------------------------

    def finish(self, permit: Permit, outcome: int, retry_after_s: float = 0.0) -> None:
        """Give a permit back with what the call was; a second time does nothing.

        Args:
            outcome: Bits of FAILURE and SLOW, or IGNORED.
        """
        if permit.is_done:
            return
        permit.is_done = True
        phase, at = permit.phase, self._clock()
        if phase.state is State.DISABLED:
            return
        if outcome != IGNORED and arms.watch.on:
            count_arms(f"breaker/{self.name}", outcome)
        if permit.token and phase.scope is Scope.FLEET:
            self._count(outcome)
            self._settle(permit, outcome, retry_after_s)
        else:
            with self._lock:
                self._take(permit, outcome, at, retry_after_s)
        self._link.ensure_started()

    def _settle(self, permit: Permit, outcome: int, retry_after_s: float) -> None:
        fleet = self._link.settle(self, permit.token, permit.generation, outcome, retry_after_s)
        if fleet is not None:
            self.adopt(fleet)

    def _count(self, outcome: int) -> None:
        if outcome != IGNORED:
            with self._lock:
                self.figures.count(outcome)
                self.figures.count_caller()

    def _take(self, permit: Permit, outcome: int, at: float, retry_after_s: float) -> None:
        phase = permit.phase
        if outcome == IGNORED:
            phase.leases.pop(permit.token, None)
            return
        self.figures.count(outcome)
        if phase is not self._phase:
            self.figures.count_caller()
            return  # let in by an older phase: history, not evidence
        if permit.token:
            self.figures.count_caller()
            if phase.leases.pop(permit.token, None) is not None:
                phase.record_probe(outcome)
                self._decide_probes(phase, at, retry_after_s)
            return
        self.figures.count_caller(self._drain(phase, at) + 1 if outcome == SUCCESS else 1)
        phase.record(outcome, at)
        self._keep_for_fleet(outcome)
        self._decide(phase, at, retry_after_s)

    def _drain(self, phase: Phase, at: float) -> int:
        """Take the quick successes in; they happened since the stamp, within its second."""
        number = phase.take_successes()
        if number:
            phase.window.record_successes(number, phase.stamp)
            self.figures.count_successes(number)
            if phase.config.sliding_window_type is WindowType.COUNT_BASED:
                self._letters.extend([SUCCESS] * min(number, self._letters.maxlen or 0))
            self._counts[0] += number
        phase.stamp = at
        return number

    def _keep_for_fleet(self, outcome: int) -> None:
        self._letters.append(outcome)
        self._counts[0] += 1
        self._counts[1] += outcome & FAILURE
        self._counts[2] += (outcome & SLOW) >> 1

    # -- deciding ---------------------------------------------------------------------------------------------

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
        self._phase = Phase(
            to, self.config, at=at, scope=scope, generation=generation, until=until, attempts=attempts
        )
        self._unsaid.append(
            Transition(
                self.name, before.state, to, 0, time.time(), reason, calls, failures, slow, process.label(), Scope.LOCAL
            )
        )
