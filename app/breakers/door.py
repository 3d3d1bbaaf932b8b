"""Who may call, and what coming back means: permits, probes and the bulkhead."""

import time
from collections.abc import Callable
from math import ceil, inf

from app.breakers import classify
from app.breakers.arm_counts import count_arms
from app.breakers.bulkhead import Bulkhead
from app.breakers.classify import IGNORED, SLOW
from app.breakers.config import BreakerConfig
from app.breakers.link import Link
from app.breakers.member import Member
from app.breakers.phase import Phase
from app.breakers.states import BulkheadFull, CallNotPermitted, Scope, State
from app.core.arms import watch
from app.core.ids import new_ulid

LEASE_S = 30.0  # a probe that has not come back by then no longer counts, unless HALF_OPEN has a limit of its own
REFUSED_S, REST_S = 0.1, 1.0
FORCED_OPEN_RETRY_S = 60.0


class Permit:
    """The right to make one call.

    Attributes:
        token: Of the probe's lease; empty for a call in another state.
        is_inside: It holds a place in the bulkhead.
    """

    __slots__ = ("began", "is_done", "is_inside", "phase", "token")

    def __init__(self, phase: Phase, began: float, token: str = "") -> None:
        self.phase, self.began, self.token = phase, began, token
        self.is_done = self.is_inside = False


class Door(Member):
    """A member of the fleet that lets calls in and takes their outcomes."""

    def __init__(
        self, name: str, config: BreakerConfig, link: Link, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(name, config, link, clock)
        self.bulkhead = Bulkhead(name, config.max_concurrent_calls)
        self.last_error = (
            ""  # the class of the last failure here; never its text, which may hold what is nobody's business
        )

    def configure(self, config: BreakerConfig) -> None:
        """Take another configuration; the present state stays."""
        super().configure(config)
        self.bulkhead.limit = config.max_concurrent_calls

    def forget_parent(self) -> None:
        """In a forked child: nobody is inside, and locks are the parent's."""
        super().forget_parent()
        self.bulkhead.forget()

    def acquire(self) -> Permit:
        """Return the right to make one call; give it back by `succeed`, `fail` or `release`.

        Raises:
            CallNotPermitted: The breaker is open, or all probes are on their way.
            BulkheadFull: As many calls run as may.
        """
        phase = self._phase
        if phase.is_plain:
            return Permit(phase, self._clock())
        if self._forced is not None and time.time() >= self._forced_until:
            self.force(None)
        if self.bulkhead.limit is None:
            return self._admit()
        try:
            self.bulkhead.enter()
        except BulkheadFull:
            self._count_rejected()
            raise
        try:
            permit = self._admit()
        except BaseException:
            self.bulkhead.leave()
            raise
        permit.is_inside = True
        return permit

    def _admit(self) -> Permit:
        phase, at = self._phase, self._clock()
        if phase.state in {State.CLOSED, State.DISABLED, State.METRICS_ONLY}:
            return Permit(phase, at)
        if phase.state is State.FORCED_OPEN:
            raise self._reject(self._forced_until - time.time() if self._forced_until < inf else FORCED_OPEN_RETRY_S)
        if phase.state is State.OPEN and at < phase.until:
            raise self._reject(phase.until - at)
        permit = self._probe_for_fleet(phase, at) if phase.scope is Scope.FLEET else None
        return permit or self._probe_alone(at)

    def _probe_for_fleet(self, phase: Phase, at: float) -> Permit | None:
        """Ask Valkey for a permit; None when the fleet has no say."""
        if at < phase.refused_until:
            raise self._reject(phase.refused_until - at)
        token = new_ulid()
        lease = self._link.lease(self, token)
        if lease is None:
            return None
        if lease.fleet is None:
            phase.refused_until = self._clock() + REST_S
            raise self._reject(REST_S)
        self.adopt(lease.fleet)
        phase = self._phase
        if lease.is_granted and phase.generation == lease.fleet.generation:
            return Permit(phase, self._clock(), token)
        if phase.state is State.CLOSED:
            return Permit(phase, self._clock())
        if phase.state is State.HALF_OPEN:
            phase.refused_until = self._clock() + REFUSED_S
            raise self._reject(REFUSED_S)
        raise self._reject(phase.until - at)

    def _probe_alone(self, at: float) -> Permit:
        """Let a probe go by this process's own permits."""
        with self._lock:
            self._tick(at)
            phase = self._leave_fleet(at)
            if phase.state in {State.CLOSED, State.DISABLED, State.METRICS_ONLY}:
                return Permit(phase, at)
            if phase.state is State.HALF_OPEN:
                for token in [token for token, ends in phase.leases.items() if ends <= at]:
                    del phase.leases[token]
                if len(phase.leases) + phase.calls < self.config.permitted_number_of_calls_in_half_open_state:
                    token = new_ulid()
                    phase.leases[token] = at + self.lease_s
                    return Permit(phase, at, token)
        raise self._reject(phase.until - at if phase.state is State.OPEN else 1.0)

    def _leave_fleet(self, at: float) -> Phase:
        """Go on alone in HALF_OPEN when Valkey, which kept the probes, is away."""
        phase = self._phase
        if phase.state is State.HALF_OPEN and phase.scope is Scope.FLEET:
            self._phase = Phase(
                State.HALF_OPEN, self.config, at=at, scope=Scope.LOCAL, generation=phase.generation,
                until=phase.until, attempts=phase.attempts,
            )  # fmt: skip
        return self._phase

    @property
    def lease_s(self) -> float:
        """After how long a probe that did not come back gives its permit away."""
        return self.config.max_wait_duration_in_half_open_state_ms / 1000 or LEASE_S

    def _reject(self, wait_s: float) -> CallNotPermitted:
        self._count_rejected()
        return CallNotPermitted(breaker=self.name, retry_after_s=max(1, ceil(min(wait_s, 86_400))))

    def _count_rejected(self) -> None:
        with self._lock:
            self.figures.count_rejected()
        self._link.ensure_started()

    def succeed(self, permit: Permit, result: object = None) -> None:
        """Give a permit back; the result may still count as a failure, or ask us to stay away."""
        phase = permit.phase
        if phase.is_plain and not permit.is_done and not permit.is_inside:
            ended = self._clock()
            if ended < phase.check_at and ended - permit.began <= phase.slow_s and not watch.on:
                permit.is_done = True
                phase.succeed()
                return
        outcome, away_s = classify.classify_result(self.config, result), 0.0
        if self.config.retry_after is not None:
            away_s = classify.read_retry_after(self.config, result) or 0.0
        self.finish(permit, outcome | self._slow_bit(permit), away_s)

    def fail(self, permit: Permit, error: BaseException) -> None:
        """Give a permit back after an exception."""
        outcome = classify.classify_error(self.config, error)
        if outcome == IGNORED:
            self.release(permit)
        else:
            self.last_error = type(error).__name__
            self.finish(permit, outcome | self._slow_bit(permit), classify.read_retry_after(self.config, error) or 0.0)

    def release(self, permit: Permit) -> None:
        """Give a permit back as if there had been no call."""
        self.finish(permit, IGNORED)

    def finish(self, permit: Permit, outcome: int, retry_after_s: float = 0.0) -> None:
        """Give a permit back with the bits of its outcome; a second time does nothing."""
        if permit.is_done:
            return
        permit.is_done = True
        phase = permit.phase
        if permit.is_inside:
            self.bulkhead.leave()
        if phase.state is State.DISABLED:
            return
        if watch.on:
            count_arms(f"breaker/{self.name}", outcome)
        if permit.token and phase.scope is Scope.FLEET:
            self._settle(permit, outcome, retry_after_s)
        else:
            with self._lock:
                self._take(phase, permit.token, outcome, retry_after_s)
        self._link.ensure_started()

    def _settle(self, permit: Permit, outcome: int, retry_after_s: float) -> None:
        if outcome != IGNORED:
            with self._lock:
                self.figures.count(outcome)
        fleet = self._link.settle(self, permit.token, permit.phase.generation, outcome, retry_after_s)
        if fleet is not None:
            self.adopt(fleet)

    def _slow_bit(self, permit: Permit) -> int:
        return SLOW if self._clock() - permit.began > permit.phase.slow_s else 0
