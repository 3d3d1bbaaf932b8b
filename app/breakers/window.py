"""The two sliding windows: the last n calls, or the calls of the last n seconds in one bucket a second.

Nothing here knows a breaker or a clock; who records says when. The rates are resilience4j's: −1 below the minimum.
"""

from collections import deque
from typing import Protocol

from app.breakers.classify import FAILURE, SLOW, SUCCESS
from app.breakers.config import BreakerConfig, WindowType

UNKNOWN = -1.0


class Window(Protocol):
    """What both windows can do.

    Attributes:
        total: Calls inside.
    """

    total: int
    failures: int
    slow: int

    def record(self, outcome: int, at_s: float) -> None:
        """Take in one outcome."""

    def record_successes(self, count: int, at_s: float) -> None:
        """Take in many quick successes at once."""

    def move(self, at_s: float) -> None:
        """Let go of what is too old."""

    def next_move(self, at_s: float) -> float:
        """Return when something may become too old."""


class CountWindow:
    """The last `size` calls."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.total = self.failures = self.slow = 0
        self._outcomes: deque[int] = deque()

    def record(self, outcome: int, at_s: float) -> None:
        """Take in one outcome, let go of the oldest."""
        if self.total == self.size:
            old = self._outcomes.popleft()
            self.failures -= old & FAILURE
            self.slow -= (old & SLOW) >> 1
        else:
            self.total += 1
        self._outcomes.append(outcome)
        self.failures += outcome & FAILURE
        self.slow += (outcome & SLOW) >> 1

    def record_successes(self, count: int, at_s: float) -> None:
        """Take in many quick successes; those beyond the window's size leave it again at once."""
        for _ in range(min(count, self.size)):
            self.record(SUCCESS, at_s)

    def move(self, at_s: float) -> None:
        """Time lets go of nothing here."""

    def next_move(self, at_s: float) -> float:
        """Never."""
        return float("inf")


class TimeWindow:
    """The calls of the last `size_s` seconds, this one included."""

    def __init__(self, size_s: int) -> None:
        self.size_s = size_s
        self.total = self.failures = self.slow = 0
        self._buckets: deque[list[int]] = deque()  # [second, calls, failures, slow]

    def record(self, outcome: int, at_s: float) -> None:
        """Take in one outcome."""
        self._add(int(at_s), 1, outcome & FAILURE, (outcome & SLOW) >> 1)

    def record_successes(self, count: int, at_s: float) -> None:
        """Take in many quick successes."""
        self._add(int(at_s), count, 0, 0)

    def _add(self, second: int, calls: int, failures: int, slow: int) -> None:
        self.move(second)
        if not self._buckets or self._buckets[-1][0] < second:
            self._buckets.append([second, 0, 0, 0])
        last = self._buckets[-1]
        last[1] += calls
        last[2] += failures
        last[3] += slow
        self.total += calls
        self.failures += failures
        self.slow += slow

    def move(self, at_s: float) -> None:
        """Let go of the seconds that are too old."""
        oldest = int(at_s) - self.size_s + 1
        while self._buckets and self._buckets[0][0] < oldest:
            _, calls, failures, slow = self._buckets.popleft()
            self.total -= calls
            self.failures -= failures
            self.slow -= slow

    def next_move(self, at_s: float) -> float:
        """Return the next full second."""
        return int(at_s) + 1.0


def make_window(config: BreakerConfig) -> Window:
    """Return an empty window of the configured kind."""
    if config.sliding_window_type is WindowType.COUNT_BASED:
        return CountWindow(config.sliding_window_size)
    return TimeWindow(config.sliding_window_size)


def rate(part: int, total: int, minimum: int) -> float:
    """Return percent, or −1 while there are fewer calls than the minimum."""
    return part * 100.0 / total if total >= minimum else UNKNOWN
