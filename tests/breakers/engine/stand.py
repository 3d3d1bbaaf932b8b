"""A breaker on a stand: a clock turned by hand, no fleet."""

from collections.abc import Callable
from typing import Any

from app.breakers.breaker import Breaker
from app.breakers.config import BreakerConfig
from app.breakers.link import Alone
from app.breakers.states import CallNotPermitted, State, Transition


class Broken(Exception):
    """What a broken dependency raises."""


class Clock:
    """Seconds that pass when somebody says so. All steps are sums of powers of two: exact in a float."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += seconds


class Stand:
    """One breaker and what happens to it, written as letters: `s` works, `f` fails, `S` works slowly, `F` fails slowly."""

    def __init__(self, **fields: Any) -> None:
        self.clock = Clock()
        self.config = BreakerConfig(**fields)
        self.breaker = Breaker("stand", self.config, Alone(), self.clock)

    @property
    def state(self) -> State:
        return self.breaker.state

    def call(self, letter: str) -> str:
        """Make one call and return what came of it: the letter, or `-` for a refusal."""
        try:
            self.breaker.call(self.work(letter))
        except Broken:
            return letter
        except CallNotPermitted:
            return "-"
        return letter

    def calls(self, letters: str) -> str:
        """Make calls one after the other."""
        return "".join(self.call(letter) for letter in letters)

    def work(self, letter: str) -> Callable[[], None]:
        """Return a function that does as a letter says."""

        def run() -> None:
            if letter.isupper():
                self.clock.move(self.config.slow_call_duration_threshold_ms / 1000 + 0.25)
            if letter in "fF":
                raise Broken

        return run

    def transitions(self) -> list[Transition]:
        """Return the changes since the last look."""
        return self.breaker.take_transitions(is_alone=True)
