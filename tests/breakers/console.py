"""What the tests of the console share: a breaker of their own, and ways to make it fail."""

from collections.abc import Callable
from typing import Any

from app.breakers.breaker import Breaker
from app.breakers.registry import breaker
from app.core.ids import new_ulid


class Broken(Exception):
    """What the guarded call raises."""


def make_breaker(**fields: Any) -> Breaker:  # Any: fields of the configuration
    """Return a breaker nobody else has: it opens after two failures of two calls."""
    settings = {"sliding_window_size": 4, "minimum_number_of_calls": 2, "wait_duration_in_open_state_ms": 600_000}
    return breaker(f"test-{new_ulid().lower()}", **(settings | fields))


def fail(one: Breaker, times: int = 1) -> None:
    """Let calls through it fail, if they are made."""
    for _ in range(times):
        attempt(one, break_down)


def succeed(one: Breaker, times: int = 1) -> None:
    """Let calls through it succeed, if they are made."""
    for _ in range(times):
        attempt(one, lambda: None)


def attempt(one: Breaker, function: Callable[[], object]) -> bool:
    """Call; return whether the call was made."""
    from app.breakers.states import CallNotPermitted

    try:
        one.call(function)
    except CallNotPermitted:
        return False
    except Broken:
        return True
    return True


def break_down() -> None:
    """Fail."""
    raise Broken
