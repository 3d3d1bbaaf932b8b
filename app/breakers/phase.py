"""One stay of a breaker in one state. Never reused: a call that was let in by an older one moves nothing."""

from itertools import count

from app.breakers.classify import FAILURE, SLOW
from app.breakers.config import BreakerConfig
from app.breakers.states import Scope, State
from app.breakers.window import make_window

SAMPLE_S = 0.05  # a busy breaker looks closely at one success in so many seconds: who calls, and how many


class Phase:
    """A state and what was counted in it.

    Attributes:
        generation: Of the fleet's state this one was entered under; 0 before any.
        is_plain: True lets `Breaker.call` take its short path.
        check_at: A quick success before this instant is only counted; nothing else can follow from it.
        succeed: Counts one quick success: a C function, atomic and without a lock.
        until: When OPEN is over, or HALF_OPEN has lasted too long, on the breaker's clock; infinity for never.
        leases: Token → instant at which a probe that did not come back no longer counts (LOCAL only).
        refused_until: The fleet had no permit left; until then we do not ask again.
    """

    __slots__ = (
        "attempts", "calls", "check_at", "config", "failures", "generation", "is_plain", "leases", "refused_until",
        "scope", "slow", "slow_s", "stamp", "state", "succeed", "taken", "until", "window",
    )  # fmt: skip

    def __init__(
        self,
        state: State,
        config: BreakerConfig,
        *,
        at: float,
        scope: Scope = Scope.FLEET,
        generation: int = 0,
        until: float = float("inf"),
        attempts: int = 0,
    ) -> None:
        self.state, self.scope, self.generation, self.attempts = state, scope, generation, attempts
        self.until, self.refused_until, self.stamp = until, 0.0, at
        self.config = config
        self.window = make_window(config)
        self.succeed, self.taken = count().__next__, 0
        self.leases: dict[str, float] = {}
        self.calls = self.failures = self.slow = 0  # of the probes
        self.configure(config)

    def configure(self, config: BreakerConfig) -> None:
        """Take a changed configuration; the window begins anew when its shape changed."""
        if (config.sliding_window_type, config.sliding_window_size) != (
            self.config.sliding_window_type,
            self.config.sliding_window_size,
        ):
            self.window = make_window(config)
        self.config = config
        self.slow_s = config.slow_call_duration_threshold_ms / 1000
        self.check_at = 0.0
        reads_results = config.record_result is not None or config.retry_after is not None
        self.is_plain = self.state is State.CLOSED and not reads_results and config.max_concurrent_calls is None

    def take_successes(self) -> int:
        """Return how many quick successes came since the last time; only under the breaker's lock."""
        found = self.succeed()  # looking counts, too
        new, self.taken = found - self.taken, found + 1
        return new

    def record_probe(self, outcome: int) -> None:
        """Take the result of a probe."""
        self.calls += 1
        self.failures += outcome & FAILURE
        self.slow += (outcome & SLOW) >> 1

    def plan_check(self, at: float) -> None:
        """Say from when on a success has to be looked at again.

        A success never raises a rate. It only matters when it completes the minimum, or when time has taken
        older successes out of the window while failures stayed.
        """
        window = self.window
        if (window.failures or window.slow) and window.total < self.config.minimum:
            self.check_at = 0.0
        else:
            self.check_at = min(at + SAMPLE_S, window.next_move(at))
