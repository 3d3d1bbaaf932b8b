"""The engine against the rules written plainly: every call looks through a list of all outcomes."""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.breakers.config import WindowType
from app.breakers.states import CallNotPermitted, State
from tests.breakers.engine.stand import Broken, Stand

CONFIGS = st.fixed_dictionaries(
    {
        "sliding_window_type": st.sampled_from(WindowType),
        "sliding_window_size": st.integers(1, 6),
        "minimum_number_of_calls": st.integers(1, 8),
        "failure_rate_threshold": st.sampled_from([1, 25, 50, 100]),
        "slow_call_rate_threshold": st.sampled_from([50, 100]),
        "slow_call_duration_threshold_ms": st.just(1000),
        "wait_duration_in_open_state_ms": st.sampled_from([1000, 3000]),
        "permitted_number_of_calls_in_half_open_state": st.integers(1, 4),
        "max_wait_duration_in_half_open_state_ms": st.sampled_from([0, 2000]),
    }
)


@dataclass
class Model:
    """One breaker as the rules say it."""

    config: Any
    state: State = State.CLOSED
    stay: int = 0
    until: float = 0.0
    outcomes: list[tuple[int, bool, bool]] = field(default_factory=list)  # second, failed, slow
    permits: int = 0

    def go(self, state: State, until: float = 0.0) -> None:
        self.state, self.until, self.outcomes = state, until, []
        self.stay += 1
        self.permits = self.config.permitted_number_of_calls_in_half_open_state

    def ask(self, now: float) -> int | None:
        """Return the stay the call belongs to, or None when it is refused."""
        wait = self.config.wait_duration_in_open_state_ms / 1000
        limit = self.config.max_wait_duration_in_half_open_state_ms / 1000
        if self.state is State.OPEN and now >= self.until:
            self.go(State.HALF_OPEN, now + limit if limit else float("inf"))
        elif self.state is State.HALF_OPEN and now >= self.until:
            self.go(State.OPEN, now + wait)
        if self.state is State.OPEN:
            return None
        if self.state is State.HALF_OPEN:
            if self.permits == 0:
                return None
            self.permits -= 1
        return self.stay

    def answer(self, stay: int, now: float, failed: bool, slow: bool) -> None:
        if stay != self.stay:
            return
        self.outcomes.append((int(now), failed, slow))
        inside, minimum = self.outcomes, self.config.minimum_number_of_calls
        if self.state is State.HALF_OPEN:
            minimum = min(minimum, self.config.permitted_number_of_calls_in_half_open_state)
        elif self.config.sliding_window_type is WindowType.COUNT_BASED:
            inside = inside[-self.config.sliding_window_size :]
            minimum = min(minimum, self.config.sliding_window_size)
        else:
            inside = [one for one in inside if one[0] > int(now) - self.config.sliding_window_size]
        if len(inside) < minimum:
            return
        failures = 100 * sum(one[1] for one in inside) / len(inside)
        slows = 100 * sum(one[2] for one in inside) / len(inside)
        if failures >= self.config.failure_rate_threshold or slows >= self.config.slow_call_rate_threshold:
            self.go(State.OPEN, now + self.config.wait_duration_in_open_state_ms / 1000)
        elif self.state is State.HALF_OPEN:
            self.go(State.CLOSED)


class BreakerFollowsItsModel(RuleBasedStateMachine):
    """Calls that overlap, come back late, fail, are slow, or take no time; and time that passes."""

    @initialize(fields=CONFIGS)
    def begin(self, fields: dict[str, Any]) -> None:
        self.stand = Stand(**fields)
        self.model = Model(self.stand.config)
        self.running: list[tuple[Any, int, float]] = []

    @rule(failed=st.booleans())
    def call_at_once(self, failed: bool) -> None:
        stay = self.model.ask(self.stand.clock.now)
        assert self.stand.call("f" if failed else "s") == ("-" if stay is None else "f" if failed else "s")
        if stay is not None:
            self.model.answer(stay, self.stand.clock.now, failed, slow=False)

    @rule()
    def begin_call(self) -> None:
        stay = self.model.ask(self.stand.clock.now)
        try:
            permit = self.stand.breaker.acquire()
        except CallNotPermitted:
            assert stay is None
        else:
            assert stay is not None
            self.running.append((permit, stay, self.stand.clock.now))

    @precondition(lambda self: self.running)
    @rule(which=st.integers(0, 9), failed=st.booleans())
    def end_call(self, which: int, failed: bool) -> None:
        permit, stay, began = self.running.pop(which % len(self.running))
        if failed:
            self.stand.breaker.fail(permit, Broken())
        else:
            self.stand.breaker.succeed(permit)
        now = self.stand.clock.now
        self.model.answer(stay, now, failed, slow=now - began > 1)

    @rule(seconds=st.sampled_from([0.25, 0.5, 1.0, 1.25, 3.0]))
    def time_passes(self, seconds: float) -> None:
        self.stand.clock.move(seconds)

    @rule()
    def the_fleet_thread_looks(self) -> None:
        self.stand.breaker.take_batch()

    @invariant()
    def states_agree(self) -> None:
        if hasattr(self, "model"):
            assert self.stand.state is self.model.state


BreakerFollowsItsModel.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestBreakerFollowsItsModel = BreakerFollowsItsModel.TestCase
