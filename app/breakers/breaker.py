"""A breaker as it is used: call through it, stand in it with `with`, or put it above a function.

    breaker("payments").call(charge, order)

    with breaker("payments"):
        charge(order)

    @breaker("payments")
    def charge(order): ...

The short path of `call` is what nearly every call takes: two looks at the clock and one atomic count.
"""

import functools
import inspect
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from math import ceil, inf
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar, cast

from app.breakers import classify
from app.breakers.arm_counts import count_arms
from app.breakers.bulkhead import Bulkhead
from app.breakers.classify import IGNORED, SLOW, SUCCESS
from app.breakers.config import BreakerConfig
from app.breakers.link import Link
from app.breakers.member import Member
from app.breakers.phase import Phase
from app.breakers.states import BulkheadFull, CallNotPermitted, Scope, State
from app.core.arms import watch
from app.core.ids import new_ulid

P = ParamSpec("P")
R = TypeVar("R")
LEASE_S = 30.0  # a probe that has not come back by then no longer counts, unless HALF_OPEN has a limit of its own
REFUSED_S = 0.1
FORCED_OPEN_RETRY_S = 60.0


class Permit:
    """The right to make one call.

    Attributes:
        token: Of the probe's lease; empty for a call in another state.
    """

    __slots__ = ("began", "is_done", "phase", "token")

    def __init__(self, phase: Phase, began: float, token: str = "") -> None:
        self.phase, self.began, self.token, self.is_done = phase, began, token, False


class Breaker(Member):
    """One breaker of this process; `registry.breaker(name)` makes it."""

    def __init__(
        self, name: str, config: BreakerConfig, link: Link, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(name, config, link, clock)
        self.bulkhead = Bulkhead(name, config.max_concurrent_calls)
        # `with` inside `with`, by thread, greenlet and task: the permits of those that stand in it.
        self._inside: ContextVar[tuple[Any, ...] | None] = ContextVar(f"breaker-{name}", default=None)

    # -- calling ----------------------------------------------------------------------------------------------

    def call(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a function.

        Raises:
            CallNotPermitted: The breaker is open.
            BulkheadFull: As many calls run as may.
        """
        phase = self._phase
        if not phase.is_plain:
            return self._call_closely(function, *args, **kwargs)
        clock = self._clock
        began = clock()
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            self.fail(Permit(phase, began), error)
            raise
        ended = clock()
        if ended < phase.check_at and ended - began <= phase.slow_s and not watch.on:
            phase.succeed()
        else:
            self.finish(Permit(phase, began), SLOW if ended - began > phase.slow_s else SUCCESS)
        return result

    def _call_closely(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        permit = self.acquire()
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            self.fail(permit, error)
            raise
        self.succeed(permit, result)
        return result

    async def call_async(self, function: Callable[P, Awaitable[R]], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Await an asynchronous function. A probe's permit costs the event loop one round trip to Valkey."""
        permit = self.acquire()
        try:
            result = await function(*args, **kwargs)
        except BaseException as error:
            self.fail(permit, error)
            raise
        self.succeed(permit, result)
        return result

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Guard a function, synchronous or not."""
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def guarded_async(*args: P.args, **kwargs: P.kwargs) -> Any:  # Any: what the coroutine returns
                return await self.call_async(function, *args, **kwargs)

            return cast("Callable[P, R]", guarded_async)

        @functools.wraps(function)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            return self.call(function, *args, **kwargs)

        return guarded

    def __enter__(self) -> Self:
        """Stand in it."""
        self._inside.set((self.acquire(), self._inside.get()))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Step out with what happened."""
        permit, outer = self._inside.get() or (None, None)
        self._inside.set(outer)
        if permit is None:
            return
        if error is None:
            self.succeed(permit)
        else:
            self.fail(permit, error)

    async def __aenter__(self) -> Self:
        """As `with`."""
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """As `with`."""
        self.__exit__(kind, error, trace)

    # -- letting in -------------------------------------------------------------------------------------------

    def acquire(self) -> Permit:
        """Return the right to make one call; give it back by `succeed`, `fail` or `release`.

        Raises:
            CallNotPermitted: The breaker is open, or all probes are on their way.
            BulkheadFull: As many calls run as may.
        """
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
            return self._admit()
        except BaseException:
            self.bulkhead.leave()
            raise

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

    # -- coming back ------------------------------------------------------------------------------------------

    def succeed(self, permit: Permit, result: object = None) -> None:
        """Give a permit back; the result may still count as a failure, or ask us to stay away."""
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
        if self.bulkhead.limit is not None:
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
